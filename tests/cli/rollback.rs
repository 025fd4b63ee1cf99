//! `fleet rollback` is a deployment whose systems the hosts have had.

use crate::fixture::{FLEET, Fixture};

const LIKE: &str = "    deploy:\n      waves: ['@dns', '*']\n      health: [{unit: '{{.UNIT}}'}]\n    vars: {UNIT: nginx.service}\n";

fn fixture() -> Fixture {
    Fixture::new().file("Fleetfile.yaml", FLEET.replace("    deploy: {}\n", LIKE))
}

#[test]
fn hosts_go_back_with_the_proofs_of_a_deployment() {
    let fixture = Fixture::fleet();
    fixture
        .run(["rollback", "--rehearse"])
        .code(0)
        .stdout_contains("would look for the generation before the current one")
        .stdout_contains("rollback: 2 succeeded");
    let steps: Vec<String> = fixture
        .journal()
        .iter()
        .filter(|event| event["event"] == "node_finished" && event["host"] == "luna")
        .map(|event| event["step"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(steps, ["probe", "generation", "copy", "activate"]);
    assert_eq!(fixture.journal()[0]["revision"], serde_json::Value::Null);
    fixture
        .run(["rollback", "nixpi", "--to", "40", "--rehearse"])
        .code(0)
        .stdout_contains("would look for the generation 40")
        .stdout_contains("rollback: 1 succeeded");
    fixture
        .run(["rollback", "--rehearse", "--fail", "luna:generation"])
        .code(3)
        .stdout_contains("rollback: 1 succeeded, 1 failed");
    fixture
        .run(["rollback", "--rehearse", "--fail", "luna:verify"])
        .code(3)
        .stdout_contains("luna")
        .stdout_contains("still runs");
    fixture.run(["rollback", "lunar", "--rehearse"]).code(1).stderr_contains("did you mean `luna`?");
    fixture.run(["rollback", "luna", "--to", "-1"]).code(2);
}

#[test]
fn a_rollback_can_have_the_policy_of_a_pipeline() {
    let fixture = fixture();
    fixture
        .run(["rollback", "--like", "deploy", "--rehearse"])
        .code(0)
        .stdout_contains("would look at the unit nginx.service")
        .stdout_contains("rollback: 2 succeeded");
    // luna is a wave of its own, before the others.
    fixture
        .run(["rollback", "--like", "nix:apply", "--rehearse", "--fail", "luna:health"])
        .code(4)
        .stdout_contains("rollback: 1 degraded, 1 skipped");
    fixture
        .run(["rollback", "--like", "deplyo", "--rehearse"])
        .code(1)
        .stderr_contains("did you mean `deploy`?");
    let without = Fixture::new().file("Fleetfile.yaml", FLEET.replace("    deploy: {}\n", ""));
    without
        .run(["rollback", "--like", "deploy", "--rehearse"])
        .code(1)
        .stderr_contains("the pipeline `deploy` has no `deploy`")
        .stderr_contains("Fleetfile.yaml:");
}

#[test]
fn a_rollback_is_confirmed() {
    Fixture::fleet().run(["rollback"]).code(1).stderr_contains("this must be confirmed").touched_nothing();
}
