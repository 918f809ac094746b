// Addresses, the route table, strips of time, gaps in charts, passwords, roles, languages, colours.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { gapped } from '../src/lib/chart'
import { atLeast } from '../src/lib/me.svelte'
import { strength } from '../src/lib/password'
import { find, to } from '../src/lib/path'
import { languageOf } from '../src/lib/prefs.svelte'
import { at, shares, STATES, strips, ticks } from '../src/lib/states'
import { ROUTES } from '../src/routes/table'

describe('addresses', () => {
  it.each([
    ['', 'unit'], ['#/', 'unit'], ['#/machines', 'machines'], ['#/machines/mill-1', 'machine'], ['#/decisions?show=done', 'decisions'], ['#/welcome?token=a', 'welcome'],
  ])('%s is %s', (hash, name) => expect(find(ROUTES, hash)?.name).toBe(name))
  it('gives parts and query', () => {
    const found = find(ROUTES, '#/machines/%E9%93%A3-1?hours=8')
    expect(found?.parts.machine).toBe('铣-1')
    expect(found?.query.get('hours')).toBe('8')
    expect(to('machines', '铣-1')).toBe('#/machines/%E9%93%A3-1')
  })
  it('knows what it does not know', () => {
    expect(find(ROUTES, '#/nothing')).toBeUndefined()
    expect(find(ROUTES, '#/machines/a/b')).toBeUndefined()
  })
  it('the table has each name and each path once, icons in the lists, a page to be under', () => {
    expect(new Set(ROUTES.map((r) => r.name)).size).toBe(ROUTES.length)
    expect(new Set(ROUTES.map((r) => r.path)).size).toBe(ROUTES.length)
    for (const r of ROUTES) {
      if (r.list !== undefined) expect(r.icon, r.name).toBeDefined()
      if (r.under !== undefined) expect(ROUTES.some((o) => o.name === r.under && o.list !== undefined), r.name).toBe(true)
    }
  })
})

describe('states over time', () => {
  const s = (state: 'producing' | 'down' | 'starved', from: number, until: number) => ({ state, from: new Date(from).toISOString(), to: new Date(until).toISOString() })
  const line = [s('producing', 0, 6000), s('down', 6000, 6010), s('starved', 6010, 10_000)]
  it('sums shares within the window', () => {
    expect(shares(line, 0, 10_000)[0]).toEqual({ state: 'producing', share: 0.6 })
    expect(shares(line, 0, 5000)).toEqual([{ state: 'producing', share: 1 }])
  })
  it('finds the state at an instant', () => {
    expect(at(line, 6005)?.state).toBe('down')
    expect(at(line, 10_000)).toBeUndefined()
  })
  it('draws one path per state and never hides a failure', () => {
    const paths = strips(line, 0, 10_000, 10)
    expect(paths.get('producing')).toBe('M0 0H6V1H0Z')
    expect(paths.get('down')).toBe('M6 0H7V1H6Z')
    expect(paths.get('starved')).toBe('M7 0H10V1H7Z')
  })
  it('leaves gaps where nothing is known', () => expect([...strips([s('producing', 0, 2000)], 0, 10_000, 10)]).toEqual([['producing', 'M0 0H2V1H0Z']]))
  it('puts round instants on the axis', () => {
    const marks = ticks(Date.parse('2026-11-23T08:10:00Z'), Date.parse('2026-11-23T16:10:00Z'), 10)
    expect(marks.length).toBe(8)
    expect(marks.every((m) => m % 3_600_000 === 0)).toBe(true)
  })
  it('every state has a colour in light and dark', () => {
    const css = readFileSync('src/style/tokens.css', 'utf8').split('@media')
    for (const state of STATES) for (const part of css) expect(part, state).toContain(`--state-${state}:`)
  })
  it('dark by choice is dark by the system', () => expect(() => execFileSync('node', ['tools/dark.mjs', '--check'])).not.toThrow())
})

describe('charts', () => {
  const p = (minute: number) => ({ at: new Date(minute * 60_000).toISOString(), mean: 1, low: 1, high: 1, count: 1 })
  it('break where data are missing', () => {
    const points = gapped([p(0), p(1), p(2), p(30), p(31)])
    expect(points.map((x) => 'gap' in x)).toEqual([false, false, false, true, false, false])
  })
  it('stay whole where they are not', () => expect(gapped([p(0), p(1), p(3), p(4)]).length).toBe(4))
})

describe('people', () => {
  it('roles contain the ones below', () => {
    expect(atLeast('engineer', 'planner')).toBe(true)
    expect(atLeast('viewer', 'operator')).toBe(false)
    expect(atLeast('nobody', 'viewer')).toBe(false)
  })
  it.each([
    ['short', 'short'], ['aaaaaaaaaaaa', 'weak'], ['password1234', 'weak'], ['kitchenlamps', 'fair'], ['correct horse battery staple', 'strong'], ['Tr4ktor-Wiese-Lampe', 'strong'],
  ])('%s is %s', (password, judged) => expect(strength(password)).toBe(judged))
  it.each([
    [['zh-CN', 'en'], 'zh'], [['de-DE', 'zh-TW', 'en'], 'zh'], [['en-US', 'zh'], 'en'], [['de'], 'en'], [[], 'en'],
  ])('%o speaks %s', (wanted, language) => expect(languageOf(wanted)).toBe(language))
})
