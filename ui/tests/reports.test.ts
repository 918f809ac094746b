// Reports of a worker: kept in order, sent once, whatever breaks in between; and the place as it looks after them.
import { describe, expect, it } from 'vitest'
import { Refusal } from '../src/lib/api/client'
import type { NewReport, ReadingAnswer, Station, StationTask } from '../src/lib/api/shapes'
import { after, KEPT_MAX, Outbox, type Fate, type Kept, type Report, type Shelf } from '../src/lib/reports'

/** A shelf that outlives pages, as the browser's does. */
class Memory implements Shelf {
  kept: Kept[] = []
  last = 0
  tablet = () => Promise.resolve('tablet-0001')
  add = (report: Report) => {
    const one = { ...report, number: ++this.last }
    this.kept.push(one)
    return Promise.resolve(one)
  }
  all = () => Promise.resolve([...this.kept])
  remove = (number: number) => {
    this.kept = this.kept.filter((r) => r.number !== number)
    return Promise.resolve()
  }
}
const stored: ReadingAnswer = { is_stored: true, is_repeated: false, reason: null, found: null, allowed: null }
/** A unit that takes each number of a tablet once; its answer may get lost. */
class UnitDouble {
  taken: NewReport[] = []
  newest = 0
  loses = 0
  down = false
  send = (_: string, report: NewReport): Promise<ReadingAnswer> => {
    if (this.down) return Promise.reject(new Refusal(0, { code: 'no_answer', message: '' }))
    const is_repeated = report.number <= this.newest
    if (!is_repeated) this.taken.push(report)
    this.newest = Math.max(this.newest, report.number)
    if (this.loses-- > 0) return Promise.reject(new Refusal(0, { code: 'no_answer', message: '' }))
    return Promise.resolve({ ...stored, is_repeated })
  }
}
const good = (quantity: number): Report => ({ machine: 'bench-1', at: '2026-03-02T06:00:00Z', what: 'good', quantity })

describe('the outbox', () => {
  it('sends what was reported without a connection later, in order', async () => {
    const [shelf, unit] = [new Memory(), new UnitDouble()]
    unit.down = true
    const box = new Outbox(shelf, unit.send, () => undefined)
    for (const n of [1, 2, 3]) expect(await box.add(good(n))).toBe(true)
    expect(await box.drain()).toBe(false)
    expect(shelf.kept.length).toBe(3)
    unit.down = false
    expect(await box.drain()).toBe(true)
    expect(unit.taken.map((r) => r.quantity)).toEqual([1, 2, 3])
    expect(shelf.kept).toEqual([])
  })
  it('loses and doubles nothing when answers get lost and the page is opened anew', async () => {
    const [shelf, unit, fates] = [new Memory(), new UnitDouble(), [] as Fate[]]
    unit.loses = 2
    for (const n of [5, 7]) await new Outbox(shelf, unit.send, () => undefined).add(good(n))
    for (let tries = 0; tries < 4; tries += 1) await new Outbox(shelf, unit.send, (_, fate) => fate && fates.push(fate)).drain()
    expect(unit.taken.map((r) => [r.number, r.quantity])).toEqual([[1, 5], [2, 7]])
    expect(fates.map((f) => f.answer?.is_repeated)).toEqual([true, false])
  })
  it('two pages that send the same shelf double nothing', async () => {
    const [shelf, unit] = [new Memory(), new UnitDouble()]
    const pages = [0, 1].map(() => new Outbox(shelf, unit.send, () => undefined))
    for (const n of [1, 2, 3, 4]) await pages[n % 2]?.add(good(n))
    await Promise.all(pages.map((page) => page.drain()))
    expect(unit.taken.map((r) => r.quantity)).toEqual([1, 2, 3, 4])
  })
  it('goes on after a report that the unit can never take, and says so', async () => {
    const [shelf, fates] = [new Memory(), [] as Fate[]]
    const send = (_: string, report: NewReport) =>
      report.number === 1 ? Promise.reject(new Refusal(409, { code: 'conflict', message: 'not by hand' })) : Promise.resolve(stored)
    const box = new Outbox(shelf, send, (_, fate) => fate && fates.push(fate))
    for (const n of [1, 2]) await box.add(good(n))
    expect(await box.drain()).toBe(true)
    expect(fates.map((f) => f.refusal?.status ?? 200)).toEqual([409, 200])
  })
  it('has a limit and says when it is reached', async () => {
    const shelf = new Memory()
    shelf.kept = Array.from({ length: KEPT_MAX }, (_, n) => ({ ...good(1), number: n + 1 }))
    expect(await new Outbox(shelf, new UnitDouble().send, () => undefined).add(good(1))).toBe(false)
    expect(shelf.kept.length).toBe(KEPT_MAX)
  })
})

describe('the place after reports', () => {
  const at = '2026-03-02T06:00:00Z'
  const task = (order: string): StationTask => ({ order, product: 'kit', operation: 'assemble', instructions: [], quantity: 10, good: 0, scrap: 0, set_up: at, from: at, to: at, due: at, running: false, ready: true })
  const station: Station = { now: at, machine: 'bench-1', state: 'starved', since: at, order: null, takes: [], tasks: [task('A'), task('B')] }
  const on = (what: Report['what'], more: Partial<Report> = {}): Report => ({ machine: 'bench-1', at, what, ...more })
  it('follows start, pieces, and end', () => {
    const begun = after(station, [on('start', { order: 'B' }), on('good', { quantity: 4 }), on('scrap', { quantity: 1 })])
    expect([begun.state, begun.order, begun.tasks[0]?.order, begun.tasks[0]?.good, begun.tasks[0]?.scrap]).toEqual(['producing', 'B', 'B', 4, 1])
    const ended = after(begun, [on('done', { order: 'B' })])
    expect([ended.state, ended.order, ended.tasks.map((x) => x.order)]).toEqual(['starved', null, ['A']])
  })
  it('counts pieces once that the unit has already, and heeds no other machine', () => {
    const known = on('good', { quantity: 4 })
    const place = after(station, [on('start', { order: 'A' }), known, { ...on('problem'), machine: 'mill-1' }], new Set([known]))
    expect([place.state, place.tasks[0]?.good]).toEqual(['producing', 0])
  })
})
