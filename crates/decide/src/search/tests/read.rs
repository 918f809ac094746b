//! The text formats: what they mean, what they refuse and where, and that nothing else happens on any text.

use crate::search::read::{ReadError, Task, fajsp, fjsp, jit, jsp, tardiness};
use proptest::prelude::*;

type Reader = fn(&str) -> Result<Task, ReadError>;

#[test]
fn a_job_shop() {
    let model = jsp::read("2 2\n0 3 1 2\n1 4 0 1 1 5\n").expect("a job shop").model;
    assert_eq!(model.operations.len(), 5);
    assert_eq!(model.precedences, [(0, 1), (2, 3), (3, 4)]);
    assert_eq!((model.operations[4].modes[0].machine, model.operations[4].modes[0].duration), (1, 5));
    let ended = jsp::read("1 2\n0 3 1 2 -1 -1\n").expect("a line may end with -1 -1").model;
    assert_eq!(ended.operations.len(), 2);
}

#[test]
fn a_flexible_job_shop_with_set_ups() {
    let plain = fjsp::read("2 2 1.5\n2 1 1 3 2 1 4 2 5\n1 1 2 6\n").expect("a flexible job shop").model;
    assert_eq!(plain.operations.iter().map(|o| o.modes.len()).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(plain.machines[0].set_ups.is_none());
    let by_job = fjsp::read("2 1\n1 1 1 3\n1 1 1 6\n0 7\n8 0\n").expect("with set-ups over jobs").model;
    assert_eq!(by_job.set_up(0, Some(0), 1), 7);
    assert_eq!(by_job.set_up(0, Some(1), 0), 8);
    assert_eq!(by_job.set_up(0, None, 0), 0);
    let by_operation = fjsp::read("1 1\n2 1 1 3 1 1 6\n0 7\n8 0\n").expect("with set-ups over operations").model;
    assert_eq!(by_operation.set_up(0, Some(0), 1), 7);
}

#[test]
fn an_assembly() {
    let model = fajsp::read("# an assembly\n4 2 2\n0 2\n1 2\n1 0 5\n1 1 6\n2 0 7 1 8\n1 0 1\n").expect("an assembly").model;
    assert_eq!(model.jobs.len(), 2);
    assert_eq!(model.operations.iter().map(|o| o.job).collect::<Vec<_>>(), [0, 0, 0, 1]);
}

#[test]
fn due_dates() {
    let text = "2 1\nProcessing times:\n5 6\nRoutes of jobs:\n2 1\nDue dates:\n9\n";
    let model = tardiness::read(text).expect("a job shop with due dates").model;
    // the second column is the time on machine 2, which comes first
    assert_eq!((model.operations[0].modes[0].machine, model.operations[0].modes[0].duration), (1, 6));
    assert_eq!((model.jobs[0].due, model.jobs[0].tardiness, model.makespan), (Some(9), 1, 0));
}

#[test]
fn just_in_time() {
    let tables = jit::Tables {
        jobs: "id\n0,4,10.5,0.51,0.51,0.051000000000000004\n1,0,8,0.4,0.4,0.04\n",
        operations: "0,3,1,2\n1,4\n",
        set_ups: "machine,from,to,time\n1,0,1,5\n1,1,0,6\n",
        initial: "machine, job\n1,1\n",
    };
    let task = jit::read(&tables).expect("just in time");
    assert_eq!((task.ticks, task.scale), (10, 10_000.0));
    assert_eq!((task.model.jobs[0].due, task.model.jobs[0].earliness, task.model.jobs[0].flow), (Some(105), 510, 51));
    assert_eq!(task.model.set_up(1, Some(1), 2), 50);
    assert_eq!(task.model.set_up(1, None, 1), 60);
    let short = jit::Tables { operations: "0,3,1,2\n", ..tables };
    assert_eq!(
        jit::read(&short).expect_err("a job is missing").to_string(),
        "operations.csv line 1: found `the end`, allowed 2 jobs"
    );
}

#[test]
fn errors_name_line_found_and_allowed() {
    let cases: &[(Reader, &str, &str)] = &[
        (jsp::read, "", "line 1: found the end, allowed number of jobs, a whole number from 1 to 200000"),
        (jsp::read, "1 2\n0 3 2 4\n", "line 2: found `2`, allowed a machine, a whole number from 0 to 1"),
        (jsp::read, "1 1\n0 x\n", "line 2: found `x`, allowed a duration, a whole number from 0 to 1073741824"),
        (jsp::read, "1 1\n0 3\n0 3\n", "line 3: found `0`, allowed the end"),
        (fjsp::read, "1 1\n1 0\n", "line 2: found `0`, allowed number of modes, a whole number from 1 to 4000000"),
        (fajsp::read, "2 2 1\n0 1\n1 0\n1 0 1\n1 0 1\n", "precedences of operation 0: found a cycle, allowed no cycle"),
        (tardiness::read, "1 1\nTimes:\n", "line 2: found `Times:`, allowed the heading `Processing times:`"),
    ];
    for (read, text, wanted) in cases {
        assert_eq!(read(text).expect_err(text).to_string(), *wanted, "{text}");
    }
    let surplus = fjsp::read("2 1\n1 1 1 3\n1 1 1 6\n0 7\n8\n").expect_err("a matrix too short");
    assert!(surplus.to_string().starts_with("line 4: found 3 numbers, allowed the end, or a set-up matrix"), "{surplus}");
}

proptest! {
    #[test]
    fn any_text_is_a_model_or_an_error(text in "[0-9 \n#x.,:-]{0,200}") {
        for read in [jsp::read as Reader, fjsp::read, fajsp::read, tardiness::read] {
            let _ = read(&text);
        }
        let _ = jit::read(&jit::Tables { jobs: &text, operations: &text, set_ups: &text, initial: &text });
    }

    #[test]
    fn a_broken_instance_is_a_model_or_an_error(cut in 0_usize..90, word in "[0-9x-]{0,12}") {
        let whole = "2 2\nProcessing times:\n5 6\n1 2\nRoutes of jobs:\n2 1\n1 2\nDue dates:\n9\n8\n";
        let at = cut.min(whole.len());
        let text = format!("{}{word}{}", &whole[..at], &whole[at..]);
        let _ = tardiness::read(&text);
        let _ = jsp::read(&format!("2 2\n{word}\n0 3 1 {word}"));
        let _ = fjsp::read(&format!("{word} 2 1\n1 1 1 {word}"));
    }
}
