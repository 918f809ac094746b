// Formatting in the language shown and by the unit's clock. Enters: figures. Leaves: text. A thin skin over `format`.
import type { Effect, Estimate } from './api/shapes'
import * as format from './format'
import { live } from './live.svelte'
import { prefs } from './prefs.svelte'
import { t } from './words'

const spanWords = () => ({ day: t('span.day'), hour: t('span.hour'), minute: t('span.minute'), second: t('span.second') })

export const show = {
  number: (value: number | null | undefined, decimals?: number) => format.number(value, prefs.locale, decimals),
  count: (value: number) => format.count(value, prefs.locale),
  percent: (ratio: number | null | undefined, decimals?: number) => format.percent(ratio, prefs.locale, decimals),
  quantity: (value: number | null | undefined, code: string, decimals?: number) => format.quantity(value, code, prefs.locale, decimals),
  power: (watts: number | null | undefined) => format.power(watts, prefs.locale),
  money: (value: number | null | undefined) => format.money(value, live.unit?.currency ?? 'EUR', prefs.locale),
  estimate: (value: Estimate, code: string, decimals?: number) => format.estimate(value, code, prefs.locale, decimals),
  effect: (of: Effect) => format.effect(of, prefs.locale),
  gain: (value: number, code: string) => format.gain(value, code, prefs.locale),
  bytes: (value: number) => format.bytes(value, prefs.locale),
  instant: (at: string | null | undefined, seconds = false) => format.instant(at, prefs.locale, live.unit?.at, seconds),
  full: (at: string) => format.full(at, prefs.locale),
  span: (seconds: number | null | undefined) => format.span(seconds, spanWords()),
  /** How long before the unit's now an instant was. */
  age: (at: string | null | undefined) =>
    at === null || at === undefined || live.unit === null ? format.NOTHING : format.span(Math.max(0, format.between(at, live.unit.at)), spanWords()),
}
