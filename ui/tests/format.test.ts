// Figures, units, instants and spans as people read them.
import { describe, expect, it } from 'vitest'
import * as f from '../src/lib/format'

const plain = (text: string) => text.replaceAll('\u00a0', ' ')
const words = { day: 'd', hour: 'h', minute: 'min', second: 's' }

describe('units from UCUM', () => {
  it.each([
    ['kW.h', 'kWh'], ['W.h', 'Wh'], ['V.A', 'VA'], ['Cel', '°C'], ['1', ''], ['%', '%'], ['mm/s', 'mm/s'], ['m3/h', 'm³/h'], ['L/min', 'L/min'], ['l/min', 'L/min'],
    ['/h', '/h'], ['/min', '/min'], ['{rev}/min', 'rev/min'], ['m/s2', 'm/s²'], ['N.m', 'N·m'], ['um', 'µm'], ['[psi]', 'psi'], ['[degF]', '°F'], ['Ohm', 'Ω'],
    ['bar', 'bar'], ['min', 'min'], ['%/h', '%/h'], ['s-1', 's⁻¹'],
  ])('%s is %s', (code, text) => expect(f.unit(code)).toBe(text))
})

describe('numbers', () => {
  it.each([
    [1234.5, '1,235'], [56.64, '56.6'], [5.664, '5.66'], [2.9, '2.9'], [3, '3'], [0, '0'], [-0.4, '−0.4'], [0.001, '0.0'], [-0.001, '0.0'], [79, '79'],
  ])('%f is %s', (value, text) => expect(f.number(value, 'en-GB')).toBe(text))
  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])('%s is nothing', (value) => expect(f.number(value, 'en-GB')).toBe('–'))
  it('keeps the decimals asked for', () => expect(f.number(3, 'en-GB', 1)).toBe('3.0'))
  it('shortens counts by language', () => {
    expect(f.count(9_999, 'en-GB')).toBe('9,999')
    expect(f.count(3_039_000, 'en-GB')).toBe('3M')
    expect(f.count(3_550_000, 'zh-CN')).toBe('355万')
  })
  it('writes percent, power, money, bytes', () => {
    expect(f.percent(0.5664, 'en-GB')).toBe('56.6%')
    expect(plain(f.power(7810, 'en-GB'))).toBe('7.8 kW')
    expect(plain(f.power(923.7, 'en-GB'))).toBe('924 W')
    expect(f.money(12.5, 'EUR', 'en-GB')).toBe('€12.50')
    expect(f.money(12.5, 'CNY', 'zh-CN')).toBe('¥12.50')
    expect(f.money(1, 'no-currency', 'en-GB')).toBe('1.00 no-currency')
    expect(plain(f.bytes(91_234_567, 'en-GB'))).toBe('91.2 MB')
    expect(plain(f.bytes(0, 'en-GB'))).toBe('0 B')
  })
  it('puts the unit behind with a space, percent without', () => {
    expect(plain(f.quantity(20.04, 'Cel', 'en-GB'))).toBe('20.0 °C')
    expect(f.quantity(58, '%', 'en-GB')).toBe('58%')
    expect(f.quantity(null, 'kW.h', 'en-GB')).toBe('–')
  })
  it('shows an estimate with its interval unless it is exact', () => {
    expect(plain(f.estimate({ value: 0.8, low: 0.5, high: 1.1, confidence: 0.9 }, 'kW.h', 'en-GB'))).toBe('0.8 kWh (0.5 … 1.1)')
    expect(plain(f.estimate({ value: 3, low: 3, high: 3, confidence: 1 }, 'min', 'en-GB'))).toBe('3 min')
  })
})

describe('time', () => {
  it.each([
    [0, '0 s'], [59.6, '1 min'], [61, '1 min 1 s'], [600, '10 min'], [3_599, '59 min'], [3_600, '1 h'], [12_000, '3 h 20 min'], [90_000, '1 d 1 h'], [-120, '−2 min'],
  ])('%d s is %s', (seconds, text) => expect(plain(f.span(seconds, words))).toBe(text))
  it('leaves the date out on the day shown', () => {
    const at = new Date(2026, 10, 23, 9, 5, 7).toISOString()
    expect(f.instant(at, 'en-GB', new Date(2026, 10, 23, 20).toISOString())).toBe('09:05')
    expect(f.instant(at, 'en-GB', at, true)).toBe('09:05:07')
    expect(f.instant(at, 'en-GB', new Date(2026, 10, 24).toISOString())).toBe('23 Nov, 09:05')
    expect(f.instant(at, 'zh-CN', new Date(2026, 10, 24).toISOString())).toMatch(/11月23日.*09:05/)
    expect(f.instant(null, 'en-GB')).toBe('–')
    expect(f.instant('soon', 'en-GB')).toBe('soon')
  })
})
