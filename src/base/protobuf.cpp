#include "gan/base/protobuf.h"

#include <bit>

#include "gan/base/little_endian.h"

namespace gan {

namespace {

constexpr int kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5;

}  // namespace

void ProtobufMessage::varint(uint64_t value) {
  for (; value >= 128; value >>= 7) bytes_.push_back(static_cast<char>(value | 128));
  bytes_.push_back(static_cast<char>(value));
}

void ProtobufMessage::key(int field, int wire_type) {
  varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type));
}

ProtobufMessage& ProtobufMessage::integer(int field, int64_t value) {
  key(field, kVarint);
  varint(static_cast<uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::real32(int field, float value) {
  key(field, kFixed32);
  bytes_ += little_endian(std::bit_cast<uint32_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::real64(int field, double value) {
  key(field, kFixed64);
  bytes_ += little_endian(std::bit_cast<uint64_t>(value));
  return *this;
}

ProtobufMessage& ProtobufMessage::bytes(int field, std::string_view value) {
  key(field, kLengthDelimited);
  varint(value.size());
  bytes_.append(value);
  return *this;
}

ProtobufMessage& ProtobufMessage::packed(int field, const std::vector<int64_t>& values) {
  ProtobufMessage inner;
  for (const int64_t value : values) inner.varint(static_cast<uint64_t>(value));
  return message(field, inner);
}

}  // namespace gan
