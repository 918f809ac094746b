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
  /** Which of those that run together on the machine, from 0. */
  lane: number
}
export interface Row {
  name: string
  bars: Bar[]
  /** Most that run together. */
  lanes: number
  /** When the order of the row is due, as part of the window; none in rows of machines or outside of it. */
  due: number | undefined
}

/** Orders that are expected late. */
export const lateOrders = (schedule: Schedule): Set<string> => new Set(schedule.orders.filter((o) => o.late_s > 0).map((o) => o.name))

/** The first hours of the schedule [ms]. */
export function extent(schedule: Schedule, hours: number): { from: number; to: number } {
  const from = Date.parse(schedule.at)
  return { from, to: from + hours * 3_600_000 }
}

/** One row a machine that has work in the first hours, or one an order, by due date. */
export function rows(schedule: Schedule, by: By, hours: number): Row[] {
  const { from, to } = extent(schedule, hours)
  const part = (at: string) => (Date.parse(at) - from) / (to - from)
  const late = lateOrders(schedule)
  const bar = (task: Task): Bar => ({ task, set_up: part(task.set_up), from: part(task.from), to: part(task.to), late: late.has(task.order), lane: 0 })
  const names = by === 'machine' ? schedule.machines : schedule.orders.map((o) => o.name)
  const bars = new Map<string, Bar[]>(names.map((name) => [name, []]))
  const shown = schedule.tasks.filter((task) => Date.parse(task.set_up) < to)
  for (const task of shown) bars.get(by === 'machine' ? task.machine : task.order)?.push(bar(task))
  const due = new Map(by === 'order' ? schedule.orders.map((o) => [o.name, part(o.due)]) : [])
  const inside = (at: number | undefined) => (at !== undefined && at >= 0 && at <= 1 ? at : undefined)
  const filled = [...bars].filter(([, list]) => list.length > 0)
  return filled.map(([name, list]) => ({ name, bars: list, lanes: stack(list), due: inside(due.get(name)) }))
}

/** Puts the bars of a row that begin together (the load of an oven) one below the other; the most that do. */
function stack(bars: Bar[]): number {
  const load = new Map<number, number>()
  for (const bar of bars) {
    bar.lane = load.get(bar.from) ?? 0
    load.set(bar.from, bar.lane + 1)
  }
  return Math.max(...load.values())
}
