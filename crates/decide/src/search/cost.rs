//! The objective of a graph, exactly.
//!
//! Enters: a graph with its heads, or starts. Leaves: the objective. Absent: how to make it less.

use super::graph::Graph;
use super::model::{Criterion, LEVELS_MAX, Model};
use super::shop::Shop;

/// What a plan is worth; less is better. First nothing must be broken, then it shall cost little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Value {
    /// Ticks by which deadlines, latest starts and limits of waits are broken.
    pub broken: i64,
    /// The objective, level by level; a single sum stands in the first.
    pub costs: [i64; LEVELS_MAX],
}

impl Value {
    /// Worse than any.
    pub const WORST: Self = Self { broken: i64::MAX, costs: [i64::MAX; LEVELS_MAX] };
    /// Of a plan in which nothing is broken and whose costs are one sum.
    pub const fn whole(cost: i64) -> Self {
        let mut costs = [0; LEVELS_MAX];
        costs[0] = cost;
        Self { broken: 0, costs }
    }
    /// By so much broken, at no cost.
    pub const fn broken(ticks: i64) -> Self {
        Self { broken: ticks, costs: [0; LEVELS_MAX] }
    }
}

impl std::ops::AddAssign for Value {
    fn add_assign(&mut self, other: Self) {
        self.broken += other.broken;
        self.costs.iter_mut().zip(other.costs).for_each(|(own, other)| *own += other);
    }
}

/// What a job costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobCost {
    /// Due; far away where there is none.
    pub due: i64,
    /// For a tick of tardiness.
    pub tardiness: i64,
    /// For being late at all.
    pub late: i64,
    /// For a tick of earliness.
    pub earliness: i64,
    /// For a tick between first start and completion.
    pub flow: i64,
}

/// The objective.
#[derive(Debug)]
pub(super) struct Cost {
    /// For a tick of makespan.
    pub makespan: i64,
    /// For a tick of the largest tardiness.
    pub tardiest: i64,
    /// For a tick of set-up.
    pub set_up: i64,
    /// Each job's.
    pub jobs: Vec<JobCost>,
    /// Operations of each job before which none comes.
    pub sources: Vec<Vec<u32>>,
    /// Operations of each job after which none comes.
    pub sinks: Vec<Vec<u32>>,
    /// Machine and start of what was published of each operation; empty where moving it costs nothing.
    pub published: Vec<Option<(u32, i64)>>,
    tick: i64,
    machine: i64,
    /// The level of each criterion.
    level: [usize; Criterion::ALL.len()],
    /// Starting later never makes it less.
    pub is_regular: bool,
    /// The makespan and nothing else.
    pub is_makespan: bool,
}

impl Cost {
    /// The objective of a model.
    pub fn new(model: &Model, shop: &Shop) -> Self {
        let far = 1 << 40;
        let jobs: Vec<JobCost> = model
            .jobs
            .iter()
            .map(|j| JobCost {
                due: j.due.unwrap_or(far),
                tardiness: if j.due.is_some() { j.tardiness } else { 0 },
                late: if j.due.is_some() { j.late } else { 0 },
                earliness: if j.due.is_some() { j.earliness } else { 0 },
                flow: j.flow,
            })
            .collect();
        let mut sources = vec![Vec::new(); jobs.len()];
        let mut sinks = vec![Vec::new(); jobs.len()];
        let mut own = vec![[false; 2]; shop.count];
        for &(before, then) in &model.precedences {
            if shop.job[before as usize] == shop.job[then as usize] {
                own[before as usize][1] = true;
                own[then as usize][0] = true;
            }
        }
        for (operation, [has_before, has_after]) in own.into_iter().enumerate() {
            let job = shop.job[operation] as usize;
            if !has_before {
                sources[job].push(operation as u32);
            }
            if !has_after {
                sinks[job].push(operation as u32);
            }
        }
        let stability = model.stability;
        let prices = stability.tick > 0 || stability.machine > 0;
        let is_published = prices && model.operations.iter().any(|o| o.published.is_some());
        let operations = model.operations.iter().filter(|_| is_published);
        let published: Vec<Option<(u32, i64)>> = operations.map(|o| o.published.map(|p| (p.machine, p.start))).collect();
        let is_early = jobs.iter().any(|j| j.earliness > 0 || j.flow > 0);
        let is_late = jobs.iter().any(|j| j.tardiness > 0 || j.late > 0) || model.tardiest > 0 || model.set_up > 0;
        Self {
            makespan: model.makespan,
            tardiest: model.tardiest,
            set_up: model.set_up,
            is_regular: !is_early,
            is_makespan: !is_early && !is_late && !is_published && shop.rich.is_none(),
            jobs,
            sources,
            sinks,
            level: Criterion::ALL.map(|c| model.level(c)),
            published,
            tick: stability.tick,
            machine: stability.machine,
        }
    }

    /// Of the earliest starts.
    pub fn of_heads(&self, shop: &Shop, graph: &Graph) -> i64 {
        self.of(shop, graph, |o| graph.nodes[o as usize].head)
    }

    /// Of given starts.
    pub fn of_starts(&self, shop: &Shop, graph: &Graph, starts: &[i32]) -> i64 {
        self.of(shop, graph, |o| starts[o as usize])
    }

    fn of(&self, shop: &Shop, graph: &Graph, start: impl Fn(u32) -> i32) -> i64 {
        let (mut longest, mut tardiest, mut sum) = (0, 0, 0);
        for job in 0..self.jobs.len() {
            let ends = self.sinks[job].iter().map(|o| start(*o) + graph.nodes[*o as usize].dur);
            let end = i64::from(ends.max().unwrap_or(0));
            longest = longest.max(end);
            let late = end - self.jobs[job].due;
            tardiest = tardiest.max(late);
            if self.is_regular {
                sum += self.jobs[job].tardiness * late.max(0) + if late > 0 { self.jobs[job].late } else { 0 };
            } else if !self.sinks[job].is_empty() {
                let first = self.sources[job].iter().map(|o| start(*o)).min().unwrap_or(0);
                sum += self.of_job(job, i64::from(first), end);
            }
        }
        for operation in 0..self.published.len() as u32 {
            sum += self.of_published(operation, graph.machine[operation as usize], i64::from(start(operation)));
        }
        if self.set_up > 0 {
            sum += self.set_up * graph.set_ups(shop, |_| true);
        }
        sum + self.of_whole(longest, tardiest)
    }

    /// Of the whole, by its makespan and its largest tardiness.
    pub fn of_whole(&self, longest: i64, tardiest: i64) -> i64 {
        let [makespan, tardiest] = self.parts_of_whole(longest, tardiest);
        makespan + tardiest
    }

    const fn parts_of_whole(&self, longest: i64, tardiest: i64) -> [i64; 2] {
        [self.makespan * longest, if tardiest > 0 { self.tardiest * tardiest } else { 0 }]
    }

    /// Of a job from its first start to its completion, without the makespan.
    pub fn of_job(&self, job: usize, first: i64, end: i64) -> i64 {
        self.parts_of_job(job, first, end).iter().sum()
    }

    /// Tardiness, earliness, flow.
    fn parts_of_job(&self, job: usize, first: i64, end: i64) -> [i64; 3] {
        let of = &self.jobs[job];
        let late = if end > of.due { of.late } else { 0 };
        [late + of.tardiness * (end - of.due).max(0), of.earliness * (of.due - end).max(0), of.flow * (end - first)]
    }

    /// Of a job, level by level.
    pub fn job_value(&self, job: usize, first: i64, end: i64) -> Value {
        let [tardiness, earliness, flow] = self.parts_of_job(job, first, end);
        let mut value = self.value_of(Criterion::Tardiness, tardiness);
        value += self.value_of(Criterion::Earliness, earliness);
        value += self.value_of(Criterion::Flow, flow);
        value
    }

    /// Of the whole, level by level.
    pub fn whole_value(&self, longest: i64, tardiest: i64) -> Value {
        let [makespan, tardiest] = self.parts_of_whole(longest, tardiest);
        let mut value = self.value_of(Criterion::Makespan, makespan);
        value += self.value_of(Criterion::Tardiest, tardiest);
        value
    }

    /// What costs so much by a criterion.
    pub fn value_of(&self, criterion: Criterion, cost: i64) -> Value {
        let mut value = Value::default();
        value.costs[self.level[criterion as usize]] = cost;
        value
    }

    /// Of deviating from what was published of an operation.
    pub fn of_published(&self, operation: u32, machine: u32, start: i64) -> i64 {
        let Some(Some((on, from))) = self.published.get(operation as usize) else { return 0 };
        self.tick * (start - from).abs() + if machine == *on { 0 } else { self.machine }
    }

    /// Whether being late costs.
    pub fn has_dates(&self) -> bool {
        self.tardiest > 0 || self.jobs.iter().any(|job| job.tardiness > 0 || job.late > 0)
    }

    /// The start published of an operation, where leaving it costs.
    pub fn published_start(&self, operation: u32) -> Option<i64> {
        self.published.get(operation as usize).copied().flatten().map(|p| p.1)
    }

    /// Whether leaving what was published costs.
    pub const fn has_published(&self) -> bool {
        !self.published.is_empty()
    }
}
