// SPDX-License-Identifier: Apache-2.0
#include "methods/reconcile.hpp"

#include "life.hpp"

#include <gmock/gmock.h>

namespace mdocker::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string kList = "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22"
                          "io.mistify.mdocker.guest%22%5D%7D";
const std::string kInspectG1 = "GET /containers/aa/json";

std::string listed_g1(const std::string &state) {
  return R"([{"Id":"aa","Names":["/g1"],"State":")" + state +
         R"(","Labels":{"io.mistify.mdocker.guest":"g1"}}])";
}

std::string list_of(const std::string &guest) {
  return "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22io.mistify.mdocker.guest%3D" +
         guest + "%22%5D%7D";
}

class Reconcile : public Life {
protected:
  std::string reconcile(bool dry_run) {
    const Outcome outcome = call("Reconcile", dry_run ? R"({"dry_run":true})" : "{}");
    EXPECT_FALSE(outcome.error) << outcome.error->what();
    return outcome.result;
  }
};

TEST_F(Reconcile, PlugsAGuestThatRunsWithoutPorts) {
  engine({{kList, {answer(200, listed_g1("running"))}},
          {kInspectG1, {answer(200, guest_g1(kRunning))}}});
  switch_.seen.differs = true;

  const std::string dry = reconcile(true);
  EXPECT_THAT(switch_.told, ElementsAre("look g1"));
  const std::string wet = reconcile(false);

  EXPECT_THAT(dry, HasSubstr(R"("dry_run":true,"guests":1,"ports":0,"differences":[)"
                             R"({"kind":"guest_without_ports","guest":"g1","ports":[],)"
                             R"("action":"plug","done":false}]})"));
  EXPECT_THAT(wet, HasSubstr(R"("action":"plug","done":true})"));
  EXPECT_THAT(switch_.told, ElementsAre("look g1", "look g1", "plug g1 1"));
}

TEST_F(Reconcile, UnplugsAGuestThatDoesNotRun) {
  engine({{kList, {answer(200, listed_g1("exited"))}},
          {kInspectG1, {answer(200, guest_g1(kStopped))}}});
  switch_.ports = {{"g1", "", "p1"}};
  switch_.seen.ports = {"p1"};

  EXPECT_THAT(reconcile(false), HasSubstr(R"({"kind":"ports_without_guest","guest":"g1",)"
                                          R"("ports":["p1"],"action":"unplug","done":true})"));
  EXPECT_THAT(switch_.told, ElementsAre("look g1", "unplug g1"));
}

TEST_F(Reconcile, GoesByWhatTheGuestIsWhenItIsItsTurn) {
  engine({{kList, {answer(200, listed_g1("running"))}},
          {kInspectG1, {answer(200, guest_g1(kStopped))}}});

  EXPECT_THAT(reconcile(false), HasSubstr(R"("differences":[]})"));
  EXPECT_THAT(switch_.told, ElementsAre("look g1"));
}

TEST_F(Reconcile, LooksAtNothingOfAGuestThatIsDownWithoutPorts) {
  engine({{kList, {answer(200, listed_g1("exited"))}}});

  reconcile(false);

  EXPECT_TRUE(switch_.told.empty());
}

TEST_F(Reconcile, AGuestBetweenTwoStartsDoesNotRun) {
  engine({{kList, {answer(200, listed_g1("restarting"))}},
          {kInspectG1, {answer(200, guest_g1(R"({"Running":true,"Restarting":true,"Pid":0})"))}}});
  switch_.ports = {{"g1", "", "p1"}};
  switch_.seen.ports = {"p1"};

  reconcile(false);

  EXPECT_THAT(switch_.told, ElementsAre("look g1", "unplug g1"));
}

TEST_F(Reconcile, RemovesItsOwnPortsOfAGuestThatIsGoneAndNoOthers) {
  engine({{kList, {answer(200, "[]")}},
          {list_of("gone"), {answer(200, "[]")}},
          {list_of("nobodys"), {answer(200, "[]")}},
          {list_of("foreign"), {answer(200, "[]")}},
          {"GET /containers/foreign/json", {answer(200, R"({"Id":"ff","Name":"/foreign"})")}}});
  const std::string &here = settings_.instance;
  switch_.ports = {{"gone", here, "p1"},
                   {"nobodys", "", "p2"},
                   {"foreign", here, "p3"},
                   {"theirs", "another", "p4"}};

  const std::string answer = reconcile(false);

  EXPECT_THAT(switch_.told, ElementsAre("unplug gone"));
  EXPECT_THAT(answer, HasSubstr(R"({"kind":"ports_without_guest","guest":"gone","ports":["p1"])"));
  EXPECT_THAT(answer, HasSubstr(R"({"kind":"orphan","guest":"nobodys","ports":["p2"])"));
  EXPECT_THAT(answer, HasSubstr(R"({"kind":"orphan","guest":"foreign","ports":["p3"])"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("theirs")));
}

TEST_F(Reconcile, SaysWhatCouldNotBeDone) {
  engine({{kList, {answer(200, listed_g1("running"))}},
          {kInspectG1, {answer(200, guest_g1(kRunning))}}});
  switch_.seen.differs = true;
  switch_.broken = true;

  EXPECT_THAT(reconcile(false), HasSubstr(R"("done":false,"error":"no such bridge"}]})"));
  EXPECT_THAT(reconciles_.last_summary, HasSubstr(R"("differences":1,"done":0,"failed":1,)"
                                                  R"("orphans":0})"));
}

TEST_F(Reconcile, SaysWhatCouldNotBeLookedAt) {
  engine({{kList, {answer(200, listed_g1("running"))}}, {kInspectG1, {refusal(500, "no luck")}}});

  EXPECT_THAT(reconcile(false), HasSubstr(R"({"kind":"unseen","guest":"g1","ports":[],)"
                                          R"("action":"none","done":false,)"
                                          R"("error":"API error (500): no luck"}]})"));
}

TEST_F(Reconcile, RemembersNoDryRun) {
  engine({{kList, {answer(200, "[]")}}});

  reconcile(true);
  EXPECT_EQ(reconciles_.last_summary, "");
  reconcile(false);

  EXPECT_THAT(reconciles_.last_summary,
              testing::MatchesRegex(
                  R"(\{"at":"20..-..-..T..:..:..Z","dry_run":false,"guests":0,"ports":0,.*\})"));
}

} // namespace
} // namespace mdocker::test
