#include "gan/exports/event_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "gan/base/error.h"
#include "gan/base/file.h"
#include "gan/base/little_endian.h"
#include "gan/base/protobuf.h"
#include "gan/base/text.h"

namespace gan {

namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

constexpr std::array<uint32_t, 256> crc_table() {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // reversed
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    table[i] = crc;
  }
  return table;
}

/// So that a checksum over data with checksums in it is none of them again.
uint32_t masked(uint32_t crc) {
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

// The numbers of fields are those of event.proto and summary.proto.

ProtobufMessage event_at(int64_t step) {
  return ProtobufMessage().real64(1, now()).integer(2, step);
}

/// TensorBoard reads files in the order of their names.
std::filesystem::path new_file_in(const std::filesystem::path& folder) {
  std::filesystem::path path;
  auto time = static_cast<int64_t>(now());
  do {
    path = folder / ("events.out.tfevents." + to_text(time++) + ".gan");
  } while (std::filesystem::exists(path));
  return path;
}

std::string summary(int64_t step, const ProtobufMessage& value) {
  return event_at(step).message(5, ProtobufMessage().message(1, value)).bytes();
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = crc_table();
  uint32_t crc = ~0u;
  for (const char byte : bytes) crc = kTable[(crc ^ static_cast<uint8_t>(byte)) & 255] ^ crc >> 8;
  return ~crc;
}

EventFile::EventFile(const std::filesystem::path& folder, int64_t first) : path_(new_file_in(folder)) {
  make_folder(folder);
  file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file_.fd() < 0) throw_errno(path_, "cannot open");
  constexpr int64_t kStart = 1;
  record(ProtobufMessage().real64(1, now()).bytes(3, "brain.Event:2").bytes());
  record(event_at(first).message(7, ProtobufMessage().integer(1, kStart)).bytes());
}

void EventFile::record(const std::string& event) {
  const std::string length = little_endian(static_cast<uint64_t>(event.size()));
  waiting_ += length + little_endian(masked(crc32c(length))) + event + little_endian(masked(crc32c(event)));
}

void EventFile::scalar(int64_t step, std::string_view tag, double value) {
  record(summary(step, ProtobufMessage().bytes(1, tag).real32(2, static_cast<float>(value))));
}

void EventFile::image(int64_t step, std::string_view tag, std::string_view png) {
  const auto number = [&](size_t at) {
    int64_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(png[at + i]);
    return value;
  };
  constexpr size_t kWidth = 16, kHeight = 20, kColourType = 25;  // of IHDR, a PNG's first chunk
  const int64_t channels = png[kColourType] == 0 ? 1 : png[kColourType] == 2 ? 3 : 4;
  const auto image = ProtobufMessage().integer(1, number(kHeight)).integer(2, number(kWidth)).integer(3, channels);
  record(summary(step, ProtobufMessage().bytes(1, tag).message(4, ProtobufMessage(image).bytes(4, png))));
}

void EventFile::flush() {
  append_whole(file_.fd(), path_, bytes_, waiting_);  // TensorBoard stops at half a record
  bytes_ += static_cast<int64_t>(waiting_.size());
  waiting_.clear();
}

}  // namespace gan
