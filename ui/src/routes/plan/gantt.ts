// The rows of a Gantt chart. Enters: a schedule, what a row stands for. Leaves: rows with bars as parts of the window shown.
// Absent: pixels, words.
import type { Schedule, Task } from '../../lib/api/shapes'

export type By = 'machine' | 'order'
export interface Bar {
  task: Task
  /** Start of its set-up, start and end, as parts of the window. */
  set_up: number
  from: number
  to: number
  late: boolean
}
export interface Row {
  name: string
  bars: Bar[]
  /** When the order of the row is due, as part of the window; none in rows of machines or outside of it. */
  due: number | undefined
}

/** Orders that are expected late. */
export const lateOrders = (schedule: Schedule): Set<string> => new Set(schedule.orders.filter((o) => o.late_s > 0).map((o) => o.name))

/** From the start of the schedule to its last end [ms]; at least an hour. */
export function extent(schedule: Schedule): { from: number; to: number } {
  const from = Date.parse(schedule.at)
  const to = schedule.tasks.reduce((end, task) => Math.max(end, Date.parse(task.to)), from + 3_600_000)
  return { from, to }
}

/** One row a machine that has work, or one an order, by due date. */
export function rows(schedule: Schedule, by: By): Row[] {
  const { from, to } = extent(schedule)
  const part = (at: string) => (Date.parse(at) - from) / (to - from)
  const late = lateOrders(schedule)
  const bar = (task: Task): Bar => ({ task, set_up: part(task.set_up), from: part(task.from), to: part(task.to), late: late.has(task.order) })
  const names = by === 'machine' ? schedule.machines : schedule.orders.map((o) => o.name)
  const bars = new Map<string, Bar[]>(names.map((name) => [name, []]))
  for (const task of schedule.tasks) bars.get(by === 'machine' ? task.machine : task.order)?.push(bar(task))
  const due = new Map(by === 'order' ? schedule.orders.map((o) => [o.name, part(o.due)]) : [])
  const inside = (at: number | undefined) => (at !== undefined && at >= 0 && at <= 1 ? at : undefined)
  return [...bars].filter(([, list]) => list.length > 0).map(([name, list]) => ({ name, bars: list, due: inside(due.get(name)) }))
}
