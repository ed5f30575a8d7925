//! A tap that is killed: the next run goes on from its last state, and nothing is lost.

use plumb_connectors::SingerConfig;

use super::{read, read_all, script};
use crate::support::Collected;

/// Gives rows 1 to 10, from its state on, with a state after each third. It kills itself after the row that `KILL_AT` says,
/// which may be in the middle of a line.
const TAP: &str = r#"
at=0
[ "$3" = --state ] && at=$(sed 's/[^0-9]//g' "$4")
echo '{"type":"SCHEMA","stream":"leads","key_properties":["id"],"schema":{"properties":{"id":{},"name":{}}}}'
while [ $at -lt 10 ]; do
  at=$((at + 1))
  if [ "$KILL_IN" = $at ]; then printf '{"type":"RECORD","stream":"leads","rec'; kill -9 $$; fi
  echo "{\"type\":\"RECORD\",\"stream\":\"leads\",\"record\":{\"id\":$at,\"name\":\"lead $at\"}}"
  if [ $((at % 3)) = 0 ]; then echo "{\"type\":\"STATE\",\"value\":{\"at\":$at}}"; fi
  if [ "$KILL_AT" = $at ]; then kill -9 $$; fi
done
echo "{\"type\":\"STATE\",\"value\":{\"at\":$at}}"
"#;

fn killed(how: &str, at: u32) -> SingerConfig {
    let mut config = script(TAP);
    config.program.environment.insert(how.into(), at.to_string());
    config
}

#[tokio::test]
async fn a_run_after_a_killed_one_has_all_rows() {
    let undisturbed = read_all(&script(TAP)).await;
    assert_eq!(undisturbed.tables["leads"].len(), 10);
    for how in ["KILL_AT", "KILL_IN"] {
        for at in 1..=10 {
            let mut sink = Collected::default();
            let error = read(&killed(how, at), &mut sink).await.expect_err("it is killed");
            assert!(error.what.contains("signal 9"), "{error}");
            let given = sink.rows.len();
            let mut sink = sink.next_run();
            read(&script(TAP), &mut sink).await.expect("it is not killed");
            assert_eq!(sink.tables, undisturbed.tables, "{how} {at}");
            assert!(given + sink.rows.len() <= 12, "at most two rows come once more");
        }
    }
}

#[tokio::test]
async fn rows_behind_the_last_state_may_be_dropped() {
    let undisturbed = read_all(&script(TAP)).await;
    let mut sink = Collected::default();
    read(&killed("KILL_AT", 5), &mut sink).await.expect_err("it is killed");
    for dropped in ["4", "5"] {
        sink.tables.get_mut("leads").expect("it has begun").remove(dropped);
    }
    let mut sink = sink.next_run();
    read(&script(TAP), &mut sink).await.expect("it is not killed");
    assert_eq!(sink.tables, undisturbed.tables);
}
