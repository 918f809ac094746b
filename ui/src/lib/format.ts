// Figures, units, instants and spans as text. Enters: numbers, UCUM codes, RFC 3339 instants, a locale. Leaves: text.
// Absent: state, the clock (the unit's own `at` is "now").
import type { Effect, Estimate } from './api/shapes'

const NARROW = '\u00a0'
const MINUS = '\u2212'
export const NOTHING = '–'

/** A number with as many decimals as it deserves: three significant figures below 100, whole above. */
export function number(value: number | null | undefined, locale: string, decimals?: number): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING
  const size = Math.abs(value)
  const places = decimals ?? (size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : 2)
  const whole = Number.isInteger(value) && decimals === undefined
  const shown = new Intl.NumberFormat(locale, { maximumFractionDigits: places, minimumFractionDigits: whole ? 0 : (decimals ?? Math.min(places, 1)) })
  const text = shown.format(size > 0 && size < 0.005 && decimals === undefined ? 0 : value)
  return text.replace(/^-0(?=[.,]?0*$)/, '0').replace('-', MINUS)
}

/** A large count shortened: 1.2 M, or 120万 in Chinese. */
export function count(value: number, locale: string): string {
  if (Math.abs(value) < 10_000) return number(Math.round(value), locale)
  return new Intl.NumberFormat(locale.startsWith('en') ? 'en-US' : locale, { notation: 'compact', maximumFractionDigits: 1 }).format(value)
}

/** A ratio as percent. */
export function percent(ratio: number | null | undefined, locale: string, decimals = 1): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return NOTHING
  return `${number(ratio * 100, locale, decimals)}%`
}

const ATOMS: Record<string, string> = {
  Cel: '°C',
  '[degF]': '°F',
  '[psi]': 'psi',
  '[ppm]': 'ppm',
  '[ppth]': '‰',
  '[in_i]': 'in',
  '[lb_av]': 'lb',
  '[gal_us]': 'gal',
  '[HP]': 'hp',
  Ohm: 'Ω',
  kOhm: 'kΩ',
  deg: '°',
  '10*': '10',
  By: 'B',
  kBy: 'kB',
  MBy: 'MB',
  l: 'L',
}
const SUPERSCRIPT: Record<string, string> = { '-': '⁻', '0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴', '5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹' }

function atom(term: string): string {
  const bare = term.replace(/\{[^}]*\}/g, '')
  if (bare === '') return term.replace(/[{}]/g, '')
  if (bare === '1') return ''
  const known = ATOMS[bare]
  if (known !== undefined) return known
  const parts = /^(.*?[A-Za-z\]%])([+-]?\d+)$/.exec(bare)
  const base = parts?.[1] ?? bare
  const power = [...(parts?.[2] ?? '')].map((c) => SUPERSCRIPT[c] ?? '').join('')
  return (ATOMS[base] ?? base.replace(/^u(?=[A-Za-z])/, 'µ')) + power
}

/** A UCUM code as people write it: `kW.h` is kWh, `Cel` is °C, `m3/h` is m³/h, `1` is nothing. */
export function unit(code: string): string {
  const [over = '', ...under] = code.split('/')
  const top = over.split('.').map(atom)
  const joined = top.length === 2 && /[WVA]$/.test(top[0] ?? '') && /^[hAs]/.test(top[1] ?? '') ? top.join('') : top.filter(Boolean).join('·')
  return [joined, ...under.map((part) => part.split('.').map(atom).filter(Boolean).join('·'))].join('/')
}

/** A figure with its unit. */
export function quantity(value: number | null | undefined, code: string, locale: string, decimals?: number): string {
  const text = number(value, locale, decimals)
  const name = unit(code)
  if (text === NOTHING || name === '') return text
  return name === '%' || name === '°' || name === '‰' ? text + name : `${text}${NARROW}${name}`
}

/** Electrical power in W or kW as fits. */
export function power(watts: number | null | undefined, locale: string): string {
  if (watts === null || watts === undefined) return NOTHING
  return Math.abs(watts) >= 1000 ? quantity(watts / 1000, 'kW', locale, 1) : quantity(watts, 'W', locale, 0)
}

/** Money in the unit's currency. */
export function money(value: number | null | undefined, currency: string, locale: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING
  try {
    return new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(value)
  } catch {
    return `${number(value, locale, 2)} ${currency}`
  }
}

/** An estimate: `0.8 kWh (0.5 to 1.1)`. */
export function estimate(value: Estimate, code: string, locale: string, decimals?: number): string {
  const middle = quantity(value.value, code, locale, decimals)
  if (value.low === value.high) return middle
  return `${middle} (${number(value.low, locale, decimals)} … ${number(value.high, locale, decimals)})`
}

/** An effect with a sign: `+0.8 kWh`. */
export function gain(value: number, code: string, locale: string): string {
  const sign = value > 0 ? '+' : ''
  return sign + quantity(value, code, locale)
}

/** The whole effect with its interval. */
export function effect(of: Effect, locale: string): string {
  return estimate(of.value, of.unit, locale)
}

/** Bytes in B, kB, MB, GB. */
export function bytes(value: number, locale: string): string {
  const names = ['B', 'kB', 'MB', 'GB', 'TB']
  const step = value < 1 ? 0 : Math.min(names.length - 1, Math.floor(Math.log10(value) / 3))
  return `${number(value / 1000 ** step, locale, step === 0 ? 0 : 1)}${NARROW}${names[step]}`
}

function sameDay(a: Date, b: Date): boolean {
  return a.getFullYear() === b.getFullYear() && a.getMonth() === b.getMonth() && a.getDate() === b.getDate()
}

/** An instant: the time of day, with the date unless it is the day of `now`. */
export function instant(at: string | null | undefined, locale: string, now?: string | null, seconds = false): string {
  if (at === null || at === undefined) return NOTHING
  const when = new Date(at)
  if (Number.isNaN(when.getTime())) return at
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(seconds ? { second: '2-digit' } : {}) }
  const today = now !== null && now !== undefined && sameDay(when, new Date(now))
  return new Intl.DateTimeFormat(locale, today ? time : { month: 'short', day: 'numeric', ...time }).format(when)
}

/** An instant in full, for tooltips. */
export function full(at: string, locale: string): string {
  const when = new Date(at)
  return Number.isNaN(when.getTime()) ? at : new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(when)
}

export type SpanWords = Record<'day' | 'hour' | 'minute' | 'second', string>

/** Seconds as the two largest parts: 3 h 20 min. */
export function span(seconds: number | null | undefined, words: SpanWords): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NOTHING
  const whole = Math.round(Math.abs(seconds))
  const sign = seconds < 0 && whole > 0 ? MINUS : ''
  const parts: [number, string][] =
    whole >= 86_400
      ? [[Math.floor(whole / 86_400), words.day], [Math.floor((whole % 86_400) / 3600), words.hour]]
      : whole >= 3600
        ? [[Math.floor(whole / 3600), words.hour], [Math.floor((whole % 3600) / 60), words.minute]]
        : whole >= 60
          ? [[Math.floor(whole / 60), words.minute], [whole < 600 ? whole % 60 : 0, words.second]]
          : [[whole, words.second]]
  const shown = parts.filter(([n], i) => i === 0 || n > 0)
  return sign + shown.map(([n, name]) => `${n}${NARROW}${name}`).join(' ')
}

/** Seconds from one instant to another. */
export function between(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000
}
