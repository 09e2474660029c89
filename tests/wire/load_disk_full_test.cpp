// SPDX-License-Identifier: Apache-2.0
//
// LoadImage into an engine whose disk has no room for the image.
#include "image_fixture.hpp"

namespace wire {
namespace {

constexpr std::size_t kDisk = 48; // MiB

class DiskFull : public Images {
protected:
  static void SetUpTestSuite() {
    engine_ = std::make_unique<PrivateEngine>(
        std::vector<std::string>{"--disk", std::to_string(kDisk) + "M"});
  }
  static void TearDownTestSuite() { engine_.reset(); }
  DiskFull() : Images(engine_->api()) {}

private:
  static std::unique_ptr<PrivateEngine> engine_;
};
std::unique_ptr<PrivateEngine> DiskFull::engine_;

// An archive that fits, but not with what is unpacked of it; and one that does not fit.
TEST_F(DiskFull, IsAnErrorOfTheEnginesAndLeavesNothing) {
  start_host();
  for (const std::size_t mebibytes : {kDisk * 3 / 4, kDisk * 2}) {
    SCOPED_TRACE(std::to_string(mebibytes) + " MiB");
    service_.serve(kUuid, docker_archive(ImageParts("too large", mebibytes)));

    expect_refused("no space left on device");
  }

  expect_next_load_works();
}

TEST_F(DiskFull, LeavesTheImagesAloneThatAreThere) {
  start_host();
  const ImageParts image("small");
  service_.serve(kOtherUuid, docker_archive(image));
  ASSERT_EQ(load(kOtherUuid).error, "");
  before_ = holdings(engine());
  service_.serve(kUuid, docker_archive(ImageParts("too large", kDisk * 2)));

  expect_refused("no space left on device");

  EXPECT_TRUE(is_image(engine(), std::string(kOtherUuid) + ":latest", image));
}

} // namespace
} // namespace wire
