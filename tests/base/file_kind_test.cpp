#include "gan/base/file_kind.h"

#include "support/test.h"

namespace gan {
namespace {

TEST(FileKind, IsFoundByContentThenByName) {
  EXPECT_EQ(file_kind("\x89PNG\r\n\x1a\n", "a").what, "a PNG picture");
  EXPECT_EQ(file_kind("RIFF....WEBPVP8", "a.png").what, "a WebP picture");
  EXPECT_EQ(file_kind("PK\x03\x04", "mnist.npz").what, "a NumPy archive (.npz)");
  EXPECT_EQ(file_kind("PK\x03\x04", "g.pt").what, "a PyTorch file (.pt)");
  EXPECT_EQ(file_kind("PK\x03\x04", "mnist.zip").what, "a zip archive");
  EXPECT_EQ(file_kind(std::string(257, 'x') + "ustar", "mnist.tar.gz").what, "a tar archive");
  EXPECT_EQ(file_kind("\x80\x04\x95", "mnist.pkl").what, "a Python pickle");
  EXPECT_EQ(file_kind("label,1x1,1x2\r\n5,0,0\r\n", "mnist_train.CSV.gz").what, "a table of text (.csv)");
  EXPECT_EQ(file_kind("<!DOCTYPE html><title>404", "train-images-idx3-ubyte").what, "an HTML page");
  EXPECT_EQ(file_kind("MATLAB 5.0 MAT-file, Platform", "emnist.mat").what, "a MATLAB file (.mat)");
}

TEST(FileKind, OnlyArchivesCountAsArchives) {
  EXPECT_TRUE(file_kind("PK\x03\x04", "mnist.zip").archive);
  EXPECT_FALSE(file_kind("PK\x03\x04", "mnist.npz").archive);
  EXPECT_FALSE(file_kind("\x89PNG\r\n\x1a\n", "a").archive);
}

TEST(FileKind, ExtensionsAreLowerCase) {
  EXPECT_EQ(name_ending("a.b/photo.old.PNG"), ".png");
  EXPECT_EQ(name_ending("a.b/train-images-idx3-ubyte"), "");
}

TEST(FileKind, IsUnknownForOtherBytes) {
  EXPECT_EQ(file_kind("", "a.csv").what, "");
  EXPECT_EQ(file_kind("\1\2\3", "a.csv").what, "");
  EXPECT_EQ(file_kind(std::string_view("II*", 3), "a").what, "a text");
}

}  // namespace
}  // namespace gan
