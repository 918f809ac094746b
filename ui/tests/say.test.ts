// Records as sentences, in both languages.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Estimate } from '../src/lib/api/shapes'
import { prefs } from '../src/lib/prefs.svelte'
import * as say from '../src/lib/say'

const plain = (text: string) => text.replaceAll('\u00a0', ' ')
const e = (low: number, value: number, high: number): Estimate => ({ value, low, high, confidence: 0.9 })
const effect = (value: Estimate) => ({ metric: 'energy_saved' as const, unit: 'kW.h', value })
const now = '2026-11-23T10:00:00Z'

beforeEach(() => (prefs.language = 'en'))

describe('decisions', () => {
  it.each([
    [{ do: 'standby', value: null }, 'Send mill-1 to standby', '让 mill-1 进入待机'],
    [{ do: 'wake', value: null }, 'Wake mill-1 from standby', '唤醒 mill-1'],
    [{ do: 'service', value: 'tool' }, 'Change the tool of mill-1', '更换 mill-1 的刀具'],
    [{ do: 'service', value: 'filter' }, 'Service mill-1: filter', '维护 mill-1：filter'],
    [{ do: 'speed', value: 92 }, 'Run mill-1 at 92% speed', '让 mill-1 以 92% 的速度运行'],
    [{ do: 'run', value: 'A-7' }, 'Run order A-7 next at mill-1', 'mill-1 下一个加工订单 A-7'],
  ] as const)('%o', (action, english, chinese) => {
    expect(say.sayDecision({ action, machine: 'mill-1' })).toBe(english)
    prefs.language = 'zh'
    expect(say.sayDecision({ action, machine: 'mill-1' })).toBe(chinese)
  })
  it('doing nothing is an alternative too', () => expect(say.sayBare(null)).toBe('Do nothing'))
  it('says when', () => {
    const at = (seconds: number) => new Date(Date.parse(now) + seconds * 1000).toISOString()
    expect(say.sayWhen({ action: { do: 'standby', value: null }, at: now, not_before: at(0) })).toBe('at once')
    expect(say.sayWhen({ action: { do: 'service', value: 'tool' }, at: now, not_before: at(30) })).toBe('as soon as the running piece is finished')
    expect(say.sayWhen({ action: { do: 'service', value: 'leak' }, at: now, not_before: at(30) })).toBe('at once')
    expect(say.sayWhen({ action: { do: 'service', value: 'tool' }, at: now, not_before: at(7200) })).toMatch(/^at .*\d\d:\d\d$/)
  })
})

describe('figures', () => {
  it.each([
    [0.21, '1', 'failure_probability', '21%'],
    [2100, 'W', 'idle_power', '2.1 kW'],
    [90, 'min', 'repair', '1 h 30 min'],
    [3.5, '1', 'pieces_gained', '3.5 pcs'],
    [1.4, '1', 'relative_load', '1.4'],
    [3.25, '%/h', 'growth', '3.25 %/h'],
  ])('%d %s of %s is %s', (value, unit, name, text) => expect(plain(say.figure(value, unit, name))).toBe(text))
  it('names what a finding costs', () => {
    expect(plain(say.sayLoss({ name: 'idle_waste', value: e(1, 1800, 2), unit: 'W', normal: null }))).toBe('costs 1.8 kW while it lasts')
    expect(say.sayLoss({ name: 'pieces_lost', value: e(1, 2.4, 3), unit: '/h', normal: null })).toBe('costs 2.4 good pieces per hour')
  })
})

describe('how a measured effect stands to the expected one', () => {
  it.each([
    [e(2, 3, 4), e(2.5, 2.9, 3.3), 'met'],
    [e(2, 3, 4), e(4.5, 5, 5.5), 'above'],
    [e(2, 3, 4), e(0.5, 1, 1.5), 'below'],
    [e(2, 3, 4), e(-2, -0.4, 1.3), 'none'],
    [e(2, 3, 4), e(-3, -2, -1), 'harm'],
  ])('%o and %o: %s', (expected, measured, verdict) => expect(say.verdictOn({ expected: effect(expected), measured: effect(measured) })).toBe(verdict))
})

describe('the feed', () => {
  const brief = { id: 'x-1', at: now, machine: 'm', value: null, unit: null }
  it('tells every kind of record', () => {
    expect(say.sayBrief({ ...brief, kind: 'finding', what: 'tool_wear', detail: 'open' }).text).toBe('The tool of m is worn.')
    expect(say.sayBrief({ ...brief, kind: 'finding', what: 'tool_wear', detail: 'ended' }).note).toBe('ended')
    expect(plain(say.sayBrief({ ...brief, kind: 'forecast', what: 'idle_span', detail: '', value: 41, unit: 'min' }).text)).toBe('m: Stays idle for another 41 min')
    expect(say.sayBrief({ ...brief, kind: 'decision', what: 'run', detail: 'lapsed' })).toEqual({ text: 'Next order at m', note: 'Lapsed unanswered' })
    expect(say.sayBrief({ ...brief, kind: 'command', what: 'set_state', detail: 'sent' }).text).toBe('m was told: State request')
    expect(plain(say.sayBrief({ ...brief, kind: 'outcome', what: 'energy_saved', detail: 'standby', value: 2.9, unit: 'kW.h' }).note)).toBe('2.9 kWh')
  })
})
