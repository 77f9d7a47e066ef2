// Draws cartoon faces to train on: PNG files of 64x64 pixels, a sub-folder for each of three styles.
//
// With Node.js 18 or newer and npm, in the root of the checkout:
//
//   npm install --no-save @dicebear/core@9.4.3 @dicebear/collection@9.4.3 @resvg/resvg-js@2.6.2
//   node scripts/draw_faces.mjs                      2,500 of each style, into data/faces: a minute
//   node scripts/draw_faces.mjs FOLDER COUNT SIDE    the same three styles
//   node scripts/draw_faces.mjs FOLDER COUNT SIDE avataaars micah ...
//
// The same seeds give the same faces. Licences of the styles: data/README.md.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAvatar } from '@dicebear/core';
import * as styles from '@dicebear/collection';
import { Resvg } from '@resvg/resvg-js';

const backgroundColor = ['b6e3f4', 'c0aede', 'd1d4f9', 'ffd5dc', 'ffdfbf'];
const [folder = 'data/faces', countText = '2500', sideText = '64', ...named] = process.argv.slice(2);
const count = Number(countText), side = Number(sideText);
if (!Number.isInteger(count) || count < 1 || !Number.isInteger(side) || side < 1) {
  console.error('Usage: node scripts/draw_faces.mjs [FOLDER [COUNT [SIDE [STYLE...]]]]');
  process.exit(2);
}
const names = named.length > 0 ? named : ['avataaars', 'pixelArt', 'toonHead'];
const unknown = names.find((name) => !Object.hasOwn(styles, name));
if (unknown !== undefined) {
  console.error(`There is no style ${unknown}; there are ${Object.keys(styles).join(', ')}`);
  process.exit(2);
}

if (existsSync(folder)) {
  console.error(`${folder} is there already; name another folder or remove it`);
  process.exit(2);
}

for (const name of names) {
  mkdirSync(join(folder, name), { recursive: true });
  for (let i = 0; i < count; ++i) {
    const face = createAvatar(styles[name], { seed: `gan-${i}`, size: side, backgroundColor }).toString();
    const png = new Resvg(face, { fitTo: { mode: 'width', value: side } }).render().asPng();
    writeFileSync(join(folder, name, `${String(i).padStart(5, '0')}.png`), png);
  }
  console.log(`${count} faces in ${join(folder, name)}`);
}
