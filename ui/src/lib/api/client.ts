// The one place that speaks HTTP to the unit. Enters: paths and bodies. Leaves: typed answers, or a `Refusal` with the
// server's code and words. Absent: caching, display.
import type { ApiError, AuditEntry, ConfigurationLook, Connectable, DataHealth, DatePromise, Decision, Energy, Finding, Forecast, HandRound, Losses, MachineBrief, MachineDetail, ModelReport, NewChange, NewConfiguration, NewOrder, NewReport, NewSurvey, Order, OrderAnswer, OrderDetail, Person, ProductFamily, Prospect, ReadingAnswer, Schedule, ScopedKpis, Series, Session, Station, StationBrief, Stretch, Survey, SurveyWritten, SurveyYes, Trial, Unit, Walk } from './shapes'

export const BASE = '/api/v1'
const PATIENCE_MS = 15_000

/** Why the unit did not do what was asked. `status` 0 means that it did not answer. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: ApiError,
  ) {
    super(body.message)
  }
}

let csrf = ''
let onSignedOut: () => void = () => undefined

/** Remembers the token that changes must carry. */
export function useCsrf(token: string): void {
  csrf = token
}

/** Says what happens when the session has ended. */
export function whenSignedOut(then: () => void): void {
  onSignedOut = then
}

function query(params: Record<string, string | number | boolean | null | undefined>): string {
  const pairs = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== '')
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}`
}

async function ask<T>(method: string, path: string, body?: unknown, quiet = false): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (method !== 'GET') headers['x-csrf-token'] = csrf
  let answer: Response
  try {
    answer = await fetch(BASE + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      credentials: 'same-origin',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
  } catch {
    throw new Refusal(0, { code: 'no_answer', message: 'the unit did not answer' })
  }
  if (!answer.ok) {
    const error = ((await answer.json().catch(() => ({}))) as { error?: ApiError }).error
    if (answer.status === 401 && !quiet) onSignedOut()
    throw new Refusal(answer.status, error ?? { code: `http_${answer.status}`, message: answer.statusText })
  }
  const text = await answer.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

const name = encodeURIComponent

/** Every question the pages ask. */
export const api = {
  session: () => ask<Session>('GET', '/session', undefined, true),
  signIn: (who: string, password: string) => ask<Session>('POST', '/session', { name: who, password }, true),
  signInOnce: (token: string) => ask<Session>('POST', '/session/one-time', { token }, true),
  signOut: () => ask<undefined>('DELETE', '/session', undefined, true),
  setPassword: (current: string | null, next: string) =>
    ask<undefined>('PUT', '/session/password', current === null ? { new: next } : { current, new: next }),
  unit: () => ask<Unit>('GET', '/unit'),
  machines: () => ask<MachineBrief[]>('GET', '/machines'),
  machine: (machine: string) => ask<MachineDetail>('GET', `/machines/${name(machine)}`),
  timeline: (machine: string, hours: number) => ask<Stretch[]>('GET', `/machines/${name(machine)}/timeline${query({ hours })}`),
  series: (machine: string, channel: string, from: string, to: string, points: number) =>
    ask<Series>('GET', `/machines/${name(machine)}/channels/${name(channel)}/series${query({ from, to, points })}`),
  kpis: (scope: string) => ask<ScopedKpis[]>('GET', `/kpis${query({ scope })}`),
  losses: (scope: string) => ask<Losses[]>('GET', `/losses${query({ scope })}`),
  findings: (open: boolean, limit = 100) => ask<Finding[]>('GET', `/findings${query({ open, limit })}`),
  forecasts: () => ask<Forecast[]>('GET', '/forecasts'),
  decisions: (state: string, limit: number, before?: string) => ask<Decision[]>('GET', `/decisions${query({ state, limit, before })}`),
  decision: (id: string) => ask<Decision>('GET', `/decisions/${name(id)}`),
  confirm: (id: string, right: boolean, cause: string | null, note: string, relearn = false) => ask<Finding>('POST', `/findings/${name(id)}/confirmation`, { right, cause, note, relearn }),
  judge: (id: string, approved: boolean, reason: string) => ask<Decision>('POST', `/decisions/${name(id)}/verdict`, { approved, reason }),
  walk: (id: string) => ask<Walk>('GET', `/records/${name(id)}/walk`),
  energy: () => ask<Energy>('GET', '/energy'),
  orders: () => ask<Order[]>('GET', '/orders'),
  outlook: () => ask<Prospect[]>('GET', '/outlook'),
  models: () => ask<ModelReport[]>('GET', '/outlook/models'),
  schedule: (from?: string, to?: string) => ask<Schedule | null>('GET', `/schedule${query({ from, to })}`),
  changeSchedule: (change: NewChange) => ask<Trial>('POST', '/schedule/changes', change),
  orderDetail: (order: string) => ask<OrderDetail | null>('GET', `/orders/${name(order)}`),
  families: () => ask<ProductFamily[]>('GET', '/families'),
  configurationLook: (family: string, wanted: NewConfiguration) => ask<ConfigurationLook>('POST', `/families/${name(family)}/look`, wanted),
  datePromise: (family: string, wanted: NewConfiguration) => ask<DatePromise>('POST', `/families/${name(family)}/promise`, wanted),
  orderConfiguration: (family: string, order: NewOrder) => ask<OrderAnswer>('POST', `/families/${name(family)}/orders`, order),
  connectable: () => ask<Connectable[]>('GET', '/connect'),
  connect: (wish: NewSurvey) => ask<Survey>('POST', '/connect', wish),
  survey: (id: number) => ask<Survey>('GET', `/connect/${id}`),
  surveyEnough: (id: number) => ask<Survey>('POST', `/connect/${id}/enough`),
  surveyForget: (id: number) => ask<undefined>('DELETE', `/connect/${id}`),
  surveyYes: (id: number, yes: SurveyYes) => ask<SurveyWritten>('POST', `/connect/${id}/yes`, yes),
  restart: () => ask<undefined>('POST', '/unit/restart'),
  handRound: () => ask<HandRound>('GET', '/hand'),
  enterReading: (reading: { client_id: string; channel: string; at: string; value: number | string }) => ask<ReadingAnswer>('POST', '/readings', reading),
  stations: () => ask<StationBrief[]>('GET', '/stations'),
  station: (machine: string) => ask<Station>('GET', `/stations/${name(machine)}`),
  report: (machine: string, report: NewReport) => ask<ReadingAnswer>('POST', `/stations/${name(machine)}/reports`, report),
  data: () => ask<DataHealth>('GET', '/data'),
  audit: (before: number | undefined, limit: number) => ask<AuditEntry[]>('GET', `/audit${query({ before, limit })}`),
  people: () => ask<Person[]>('GET', '/users'),
  addPerson: (person: { name: string; role: string; password: string }) => ask<unknown>('POST', '/users', person),
}
