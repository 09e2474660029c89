// SPDX-License-Identifier: Apache-2.0
//
// What Reconcile and /healthz say, and whose guests are whose.
#include "follow_fixture.hpp"

#include <csignal>

namespace wire {
namespace {

class Reconcile : public Follow {
protected:
  /// The kinds of what differs, with its guest: "orphan mw-nobody".
  static std::vector<std::string> differences(const std::string &answer) {
    std::vector<std::string> all;
    for (const std::string &one : elements(at(answer, {"reconcile", "differences"})))
      all.push_back(text_at(one, {"kind"}) + " " + text_at(one, {"guest"}) + " " +
                    text_at(one, {"action"}));
    return all;
  }
  /// Lets the database be read only, and read and written again; both end its connections.
  void read_only(bool is) {
    const std::string ctl = (vswitch().folder() / "ovsdb-server.ctl").string();
    const auto tell = [&](std::vector<std::string> command) {
      command.insert(command.begin(), {"ovs-appctl", "--timeout=10", "-t", ctl});
      run({command});
    };
    if (!is)
      return tell({"ovsdb-server/disconnect-active-ovsdb-server"});
    tell({"ovsdb-server/set-active-ovsdb-server", "unix:/nowhere/db.sock"});
    tell({"ovsdb-server/connect-active-ovsdb-server"});
  }
  /// All that the database has. Links come and go, while the follower tries in vain.
  std::string everything() {
    return vswitch().vsctl({"list", "interface"}) + vswitch().vsctl({"list", "port"}) +
           vswitch().vsctl({"list", "bridge"});
  }
  void add_orphan() {
    vswitch().vsctl({"add-port", kBridge, "mworphan", "--", "set", "interface", "mworphan",
                     "type=internal", "external_ids:container_id=mw-nobody",
                     "external_ids:container_iface=eth1"});
  }
};

TEST_F(Reconcile, OnADryRunSaysEachKindOfDifferenceAndChangesNothing) {
  create_and_start("mw-c", {addressed_nic("10.1.0.3")});
  create_and_start("mw-d", {addressed_nic("10.1.0.4"), nic("eth2")});
  EXPECT_EQ(host().end(), 0);
  vswitch().vsctl({"del-port", link_of("mw-a")});
  kill_guest("mw-b", SIGKILL);
  engine().remove("mw-c");
  vswitch().vsctl({"del-port", vswitch().interfaces("mw-d", "eth2").at(0)});
  add_orphan();
  read_only(true); // so that it is not put right at once
  host_again();
  const std::string before = everything();
  const std::vector<std::string> all{
      "guest_without_ports mw-a plug", "ports_without_guest mw-b unplug",
      "ports_without_guest mw-c unplug", "nics_differ mw-d plug", "orphan mw-nobody none"};

  const std::string dry = must("MDocker.Reconcile", R"({"dry_run":true})");

  EXPECT_EQ(differences(dry), all) << dry;
  EXPECT_EQ(at(dry, {"reconcile", "dry_run"}), "true");
  EXPECT_EQ(at(dry, {"reconcile", "guests"}), "3");
  EXPECT_EQ(at(dry, {"reconcile", "ports"}), "4");
  EXPECT_TRUE(everything() == before); // it is long

  const std::string refused = must("MDocker.Reconcile", "{}");
  EXPECT_EQ(differences(refused), all) << refused;
  EXPECT_NE(refused.find(R"("done":false,"error":"cannot plug mw-a)"), std::string::npos)
      << refused;

  read_only(false);
  const auto event = Clock::now();
  EXPECT_TRUE(in_time(event, [&] {
    return vswitch().interfaces("mw-a").size() == 1 && vswitch().interfaces("mw-b").empty() &&
           vswitch().interfaces("mw-c").empty() && vswitch().interfaces("mw-d").size() == 2 &&
           reaches(net("mw-d"), net("mw-a"), "10.1.0.1");
  }));
  EXPECT_EQ(vswitch().interfaces("mw-nobody").size(), 1U);
}

TEST_F(Reconcile, PutsRightWhatNoEventTells) {
  static_cast<void>(net("mw-a").run({"ip", "link", "set", "eth1", "down"}));

  EXPECT_EQ(differences(must("MDocker.Reconcile", R"({"dry_run":true})")),
            std::vector<std::string>{"nics_differ mw-a plug"});
  const std::string answer = must("MDocker.Reconcile", "{}");

  EXPECT_EQ(at(answer, {"reconcile", "differences", "0", "done"}), "true") << answer;
  EXPECT_TRUE(comes_true([] { return reaches(net("mw-b"), net("mw-a"), "10.1.0.1"); }));
  EXPECT_TRUE(differences(must("MDocker.Reconcile", "{}")).empty());
}

TEST_F(Reconcile, HealthSaysWhenTheLastWasAndWhatItFound) {
  add_orphan();
  must("MDocker.Reconcile", "{}");

  const std::string health = host().get("/healthz").body;

  const std::string last = at(health, {"plugins", "mdocker", "reconcile"});
  EXPECT_EQ(text_at(last, {"at"}).size(), std::string("2026-01-01T00:00:00Z").size());
  EXPECT_EQ(text_at(last, {"at"}).back(), 'Z');
  EXPECT_EQ(at(last, {"guests"}), "2");
  EXPECT_EQ(at(last, {"ports"}), "3");
  EXPECT_EQ(at(last, {"differences"}), "1");
  EXPECT_EQ(at(last, {"orphans"}), "1");
}

TEST_F(Reconcile, EachInstanceFollowsItsOwnGuests) {
  const auto elsewhere = [&] {
    return std::make_unique<HostProcess>(host_command({"MISTIFY_INSTANCE=mw-there"}));
  };
  std::unique_ptr<HostProcess> there = elsewhere();
  EXPECT_EQ(
      there
          ->call("MDocker.CreateContainer", guest("mw-c", R"(,"image":)" + json_string(kLoopImage) +
                                                              R"(,"nics":[)" + nic("eth1") + "]"))
          .error,
      "");
  EXPECT_EQ(there->call("MDocker.StartContainer", guest("mw-c")).error, "");
  EXPECT_EQ(there->end(), 0);

  kill_guest("mw-c", SIGKILL);
  kill_guest("mw-b", SIGKILL);

  EXPECT_TRUE(comes_true([&] { return vswitch().interfaces("mw-b").empty(); }));
  const std::string here = must("MDocker.Reconcile", "{}");
  EXPECT_EQ(at(here, {"reconcile", "guests"}), "2");
  EXPECT_TRUE(differences(here).empty()) << here;
  EXPECT_EQ(vswitch().interfaces("mw-c").size(), 1U);
  there = elsewhere();
  EXPECT_TRUE(comes_true([&] { return vswitch().interfaces("mw-c").empty(); }));
  EXPECT_EQ(vswitch().interfaces("mw-a").size(), 1U);
  EXPECT_EQ(there->end(), 0);
}

} // namespace
} // namespace wire
