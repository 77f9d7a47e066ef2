#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gan {

/// A message in protobuf's wire format (protobuf.dev/programming-guides/encoding): fields by their numbers, in the
/// order in which they are added. ONNX and TensorBoard read files of such messages.
class ProtobufMessage {
 public:
  ProtobufMessage& integer(int field, int64_t value);  ///< int32, int64, uint64, enum
  ProtobufMessage& real32(int field, float value);
  ProtobufMessage& real64(int field, double value);
  ProtobufMessage& bytes(int field, std::string_view value);  ///< also text in UTF-8
  ProtobufMessage& message(int field, const ProtobufMessage& value) { return bytes(field, value.bytes_); }
  ProtobufMessage& packed(int field, const std::vector<int64_t>& values);  ///< repeated int64

  const std::string& bytes() const { return bytes_; }

 private:
  void key(int field, int wire_type);
  void varint(uint64_t value);

  std::string bytes_;
};

}  // namespace gan
