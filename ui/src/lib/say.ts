// Records as sentences. Enters: records with codes and figures. Leaves: text in the language shown. Absent: fetching, layout.
import type { Action, Command, Decision, Evidence, Finding, Forecast, Outcome, RecordBrief, Revision } from './api/shapes'
import { show } from './show'
import { knows, t, word, type Key } from './words'

/** Seconds that a UCUM time unit holds, where it is one. */
const SECONDS: Record<string, number> = { s: 1, min: 60, h: 3600, d: 86_400 }

/** A figure with its unit; times as two parts (3 h 20 min), probabilities and shares as percent. */
export function figure(value: number, unit: string, name = ''): string {
  const seconds = SECONDS[unit]
  if (seconds !== undefined) return show.span(value * seconds)
  if (unit === '1' && /probability|share|ratio/.test(name)) return show.percent(value, value < 0.1 && value > 0 ? 1 : 0)
  if (unit === 'W') return show.power(value)
  if (unit === '1' && name.startsWith('pieces')) return t('app.pieces', { value: show.number(value) })
  return show.quantity(value, unit)
}

/** An evidence figure by name. */
export function evidence(of: Evidence): string {
  return figure(of.value.value, of.unit, of.name)
}

export function sayFinding(f: Pick<Finding, 'cause' | 'machine'>): string {
  return word('finding', f.cause, { machine: f.machine })
}

/** A channel in words where its name is that of a role, else as it is configured. */
export function sayChannel(name: string): string {
  return knows('channelrole', name) ? word('channelrole', name) : name
}

/** What a finding costs: power, or good pieces per hour. */
export function sayLoss(loss: Evidence): string {
  return sayRate(loss.value.value, loss.unit)
}

function sayRate(value: number, unit: string): string {
  if (unit === '/h' || unit === '1') return t('finding.loss.pieces', { loss: show.number(value) })
  return t('finding.loss', { loss: figure(value, unit) })
}

export function sayForecast(f: Pick<Forecast, 'kind' | 'machine' | 'order' | 'product' | 'horizon_s' | 'unit'> & { value: { value: number } }): string {
  return word(`forecast.say`, f.kind, {
    machine: f.machine ?? '',
    order: f.order ?? '',
    product: f.product ?? '',
    value: figure(f.value.value, f.unit, f.kind),
    horizon: show.span(f.horizon_s),
  })
}

function actionValue(action: Action): string {
  if (action.do === 'service' && typeof action.value === 'string') return word('service', action.value)
  if (action.do === 'speed' && typeof action.value === 'number') return show.quantity(action.value, '%')
  return action.value === null ? '' : String(action.value)
}

/** What shall be done, with the machine: `Send mill-1 to standby`. */
export function sayAction(action: Action, machine: string): string {
  const exact = `${action.do}.${String(action.value)}`
  const family = action.do === 'service' && knows('action', exact) ? exact : action.do
  return word('action', family, { machine, value: actionValue(action) })
}

/** What could be done, without the machine: `Standby`. Nothing is an action too. */
export function sayBare(action: Action | null): string {
  return action === null ? t('action.nothing') : word('action.bare', action.do, { value: actionValue(action) })
}

export function sayDecision(d: Pick<Decision, 'action' | 'machine'>): string {
  return sayAction(d.action, d.machine)
}

/** Why, in one sentence. */
export function sayWhy(d: Pick<Decision, 'action'>): string {
  const exact = `${d.action.do}.${String(d.action.value)}`
  return word('why', knows('why', exact) ? exact : d.action.do)
}

/** When it is to be done. */
export function sayWhen(d: Pick<Decision, 'action' | 'not_before' | 'at'>): string {
  const later = Date.parse(d.not_before) - Date.parse(d.at) > 60_000
  if (later) return t('when.at', { at: show.instant(d.not_before) })
  return d.action.do === 'service' && d.action.value !== 'leak' ? t('when.piece') : t('when.now')
}

export function sayCommand(c: Pick<Command, 'from' | 'machine' | 'channel' | 'value'>): string {
  const key: Key = c.from === 'rollback' ? 'command.back' : 'command.write'
  return t(key, { machine: c.machine, channel: c.channel, value: typeof c.value === 'number' ? show.number(c.value) : c.value })
}

export function sayOutcome(o: Pick<Outcome, 'machine' | 'expected' | 'measured'>): string {
  return t('outcome.say', {
    machine: o.machine,
    metric: word('metric', o.measured.metric),
    measured: figure(o.measured.value.value, o.measured.unit, o.measured.metric),
    expected: figure(o.expected.value.value, o.expected.unit, o.expected.metric),
  })
}

/** How a measured effect stands to the expected one. */
export function verdictOn(o: Pick<Outcome, 'expected' | 'measured'>): 'met' | 'above' | 'below' | 'none' | 'harm' {
  const wanted = o.expected.value
  const got = o.measured.value
  if (got.high < 0) return 'harm'
  if (got.value <= 0 && wanted.value > 0) return 'none'
  if (got.low > wanted.value && got.value > wanted.high) return 'above'
  if (got.high < wanted.value || got.value < wanted.low) return 'below'
  return 'met'
}

/** Ratios that are told in percent. */
const RATIOS = new Set(['oee', 'availability', 'effectiveness', 'quality_ratio', 'allocation_efficiency', 'worker_efficiency'])

/** A KPI by its code. */
export function sayKpi(name: string, value: number | null, unit: string): string {
  if (value === null || RATIOS.has(name)) return show.percent(value, 1)
  return unit === '1' ? show.number(value) : figure(value, unit)
}

export function sayRevision(r: Pick<Revision, 'machine' | 'late' | 'state' | 'revised'>): string {
  if (r.state === 'pending') return t('revision.pending', { machine: r.machine, n: r.late })
  if (r.revised.length === 0) return t('revision.none', { machine: r.machine, n: r.late })
  return t('revision.say', { machine: r.machine, n: r.late })
}

/** A record in brief, for the feed: one line of plain words and a small addition. */
export function sayBrief(r: RecordBrief): { text: string; note: string } {
  const value = r.value !== null && r.unit !== null ? figure(r.value, r.unit, r.what) : ''
  switch (r.kind) {
    case 'finding':
      return { text: word('finding', r.what, { machine: r.machine }), note: r.detail === 'ended' ? t('feed.ended') : r.value === null ? '' : sayRate(r.value, r.unit ?? '1') }
    case 'forecast':
      return { text: `${r.machine === '' ? t('nav.unit') : r.machine}: ${word('forecast', r.what)} ${value}`, note: knows('service', r.detail) ? word('service', r.detail) : r.detail }
    case 'decision':
      return { text: word('feed.action', r.what, { machine: r.machine }), note: word('decisionstate', r.detail) }
    case 'command':
      return { text: t('feed.command', { machine: r.machine, channel: sayChannel(r.what) }), note: word('commandstate', r.detail) }
    case 'revision':
      return { text: t('revision.brief', { machine: r.machine, n: r.value ?? 0 }), note: word('revisionstate', r.detail) }
    default:
      return { text: `${r.machine}: ${word('metric', r.what)}`, note: value }
  }
}
