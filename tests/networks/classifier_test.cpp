#include "gan/networks/classifier.h"

#include "support/test.h"

namespace gan {
namespace {

using test::error_of;
using testing::HasSubstr;

TEST(Classifier, GivesLogitsForAnySidesFromEight) {
  for (const ImageShape images : {ImageShape{1, 28, 28}, {3, 32, 32}, {1, 8, 17}}) {
    const Network network = build_classifier(images, 7);
    EXPECT_EQ(forward(network, at::zeros({2, images.channels, images.height, images.width})).sizes(),
              (std::vector<int64_t>{2, 7}));
  }
  EXPECT_THAT(error_of([] { build_classifier({1, 7, 28}, 10); }), HasSubstr("8"));
  EXPECT_THAT(error_of([] { build_classifier({1, 28, 4096}, 10); }), HasSubstr("4096"));
}

TEST(Classifier, SharesItsLayersWithItsParts) {
  const Network whole = build_classifier({}, 10), see = all_but_last(whole), decide = only_last(whole);
  const at::Tensor x = at::rand({3, 1, 28, 28});
  const at::Tensor features = infer(see, x);
  EXPECT_EQ(features.sizes(), (std::vector<int64_t>{3, 64}));
  EXPECT_TRUE(at::equal(infer(decide, features), infer(whole, x)));
  parameters(whole).back().data().fill_(7);
  EXPECT_TRUE(at::equal(parameters(decide).back(), parameters(whole).back()));
}

}  // namespace
}  // namespace gan
