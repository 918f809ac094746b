// What a worker reports, in order and exactly once. Enters: reports, a shelf that outlives the page, a way to send. Leaves: what
// waits, what became of the rest. Absent: the browser's storage (`shelf.ts`), HTTP, pages.
//
//   add -> shelf (on disk, numbered) -> send the lowest number -> answered -> off the shelf -> next
//                                       no answer -> stays, tried again
//
// The unit remembers the newest number it took of a tablet, so a report sent again, by this page or another, is told and not doubled.
import { Refusal } from './api/client'
import type { NewReport, ReadingAnswer, Station, StationTask } from './api/shapes'

export type What = 'start' | 'stop' | 'done' | 'good' | 'scrap' | 'problem'
export interface Report { machine: string; at: string; what: What; order?: string; quantity?: number; cause?: string }
export interface Kept extends Report { number: number }
/** What became of a report. */
export interface Fate { report: Kept; answer?: ReadingAnswer; refusal?: Refusal }

/** Where reports stand until they are answered. `add` numbers them upwards, and never gives a number twice. */
export interface Shelf {
  tablet(): Promise<string>
  add(report: Report): Promise<Kept>
  all(): Promise<Kept[]>
  remove(number: number): Promise<void>
}
export type Send = (machine: string, report: NewReport) => Promise<ReadingAnswer>

/** Reports kept at most; beyond it no more can be made. */
export const KEPT_MAX = 2_000
/** No answer, no session, a token of an earlier session, too many, busy: tried again. */
const AGAIN = new Set([0, 401, 403, 429, 503])

export class Outbox {
  #sending = false
  constructor(
    readonly shelf: Shelf,
    readonly send: Send,
    readonly told: (waiting: Kept[], fate?: Fate) => void,
  ) {}

  /** Takes a report in; `false` when there is no more room. It is on the shelf when this returns. */
  async add(report: Report): Promise<boolean> {
    if ((await this.shelf.all()).length >= KEPT_MAX) return false
    await this.shelf.add(report)
    this.told(await this.shelf.all())
    return true
  }

  /** Sends what waits, lowest number first; `true` when nothing waits any more. */
  async drain(): Promise<boolean> {
    if (this.#sending) return false
    this.#sending = true
    try {
      const tablet = await this.shelf.tablet()
      for (;;) {
        const waiting = await this.shelf.all()
        this.told(waiting)
        const first = waiting[0]
        if (first === undefined) return true
        const { machine, ...rest } = first
        const fate: Fate = { report: first }
        try {
          fate.answer = await this.send(machine, { tablet, ...rest })
        } catch (error) {
          const refusal = error instanceof Refusal ? error : new Refusal(0, { code: 'no_answer', message: String(error) })
          if (AGAIN.has(refusal.status)) return false
          fate.refusal = refusal
        }
        await this.shelf.remove(first.number)
        this.told(await this.shelf.all(), fate)
      }
    } finally {
      this.#sending = false
    }
  }
}

/** The place as it stands after reports that the unit has not shown yet: `counted` are those whose pieces it has. */
export function after(station: Station, reports: readonly Report[], counted: ReadonlySet<Report> = new Set()): Station {
  const next = { ...station, tasks: station.tasks.map((task) => ({ ...task })) }
  const running = (): StationTask | undefined => next.tasks.find((task) => task.running)
  for (const report of reports.filter((r) => r.machine === station.machine)) {
    const task = running()
    if (report.what === 'start') {
      next.tasks.forEach((other) => (other.running = other.order === report.order))
      next.order = report.order ?? null
      next.state = 'producing'
    } else if (report.what === 'done') {
      next.tasks = next.tasks.filter((other) => other.order !== report.order || !other.ready)
      next.order = null
      next.state = 'starved'
    } else if (report.what === 'stop') next.state = 'starved'
    else if (report.what === 'problem') next.state = 'down'
    else if (task !== undefined && !counted.has(report)) task[report.what] += report.quantity ?? 0
  }
  next.tasks.sort((a, b) => Number(b.running) - Number(a.running))
  return next
}
