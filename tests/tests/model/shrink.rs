//! A failing program made short.

use proptest::strategy::ValueTree;

use crate::ops::{Change, Cond, Op, Program, Step};
use crate::run::{Disagreement, Place, run};

/// How many programs are run for it at most.
const MOST_RUNS: usize = 1500;

/// The shortest program found that still fails, and how.
pub async fn shrink(
    place: &impl Place,
    mut tree: Box<dyn ValueTree<Value = Program>>,
    first: Disagreement,
) -> (Program, Disagreement) {
    // What comes after the step that failed has nothing to do with it.
    let (mut best, mut failure) = cut(place, tree.current(), first).await;
    let mut runs = 0;
    let mut more = tree.simplify();
    while more && runs < MOST_RUNS / 2 {
        let mut program = tree.current();
        program.steps.truncate(best.steps.len());
        runs += 1;
        more = match run(place, &program).await {
            Err(found) => {
                if program.steps.len() <= best.steps.len() {
                    (best, failure) = (program, found);
                }
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
    }
    (best, failure) = cut(place, best, failure).await;
    // Steps, and parts of them, that can be left out now though they could not before.
    let mut smaller = candidates(&best);
    while let Some(program) = smaller.next()
        && runs < MOST_RUNS
    {
        runs += 1;
        if let Err(found) = run(place, &program).await {
            (best, failure) = (program, found);
            smaller = candidates(&best);
        }
    }
    (best, failure)
}

async fn cut(place: &impl Place, program: Program, failure: Disagreement) -> (Program, Disagreement) {
    let mut short = program.clone();
    short.steps.truncate(failure.step);
    match run(place, &short).await {
        Err(failure) => (short, failure),
        Ok(()) => (program, failure),
    }
}

/// Each way to leave one thing out.
fn candidates(program: &Program) -> std::vec::IntoIter<Program> {
    let mut all = Vec::new();
    for n in (0..program.steps.len()).rev() {
        let mut shorter = program.clone();
        shorter.steps.remove(n);
        all.push(shorter);
    }
    for (n, step) in program.steps.iter().enumerate() {
        all.extend(simpler(step).into_iter().map(|step| {
            let mut simpler = program.clone();
            simpler.steps[n] = step;
            simpler
        }));
    }
    all.into_iter()
}

fn simpler(step: &Step) -> Vec<Step> {
    match step {
        Step::Together(items) | Step::Told(items) if items.len() > 1 => {
            let without =
                |n| items.iter().enumerate().filter(|(at, _)| *at != n).map(|(_, item)| item.clone()).collect();
            let fewer: fn(_) -> Step = if matches!(step, Step::Told(_)) { Step::Told } else { Step::Together };
            (0..items.len()).map(|n| fewer(without(n))).collect()
        }
        Step::Do(model, op) => simpler_op(op).into_iter().map(|op| Step::Do(*model, op)).collect(),
        _ => Vec::new(),
    }
}

fn simpler_op(op: &Op) -> Vec<Op> {
    let mut all = Vec::new();
    match op {
        Op::Update { changes, only_if, .. } => {
            let changed = |change: &dyn Fn(&mut Vec<Change>, &mut Option<Cond>)| {
                let mut op = op.clone();
                if let Op::Update { changes, only_if, .. } = &mut op {
                    change(changes, only_if);
                }
                op
            };
            all.extend((0..changes.len()).map(|n| changed(&|changes, _| drop(changes.remove(n)))));
            if only_if.is_some() {
                all.push(changed(&|_, only_if| *only_if = None));
            }
        }
        Op::Query(query) => {
            use crate::ops::{Query, Span};
            if query.filter.is_some() {
                all.push(Op::Query(Query { filter: None, ..query.clone() }));
            }
            if query.span != Span::All {
                all.push(Op::Query(Query { span: Span::All, ..query.clone() }));
            }
            if query.descending {
                all.push(Op::Query(Query { descending: false, ..query.clone() }));
            }
        }
        Op::PutMany { rows } => {
            for n in 0..rows.len() {
                let mut fewer = rows.clone();
                fewer.remove(n);
                all.push(Op::PutMany { rows: fewer });
            }
        }
        Op::CreateMany { rows } => {
            for n in 0..rows.len() {
                let mut fewer = rows.clone();
                fewer.remove(n);
                all.push(Op::CreateMany { rows: fewer });
            }
        }
        Op::SaveMany { rows } => {
            for n in 0..rows.len() {
                let mut fewer = rows.clone();
                fewer.remove(n);
                all.push(Op::SaveMany { rows: fewer });
            }
        }
        _ => {}
    }
    all
}
