// Every word list is complete, places are equal in both languages, and every code that the unit can send has words.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { fill, WORDS } from '../src/lib/words'
import { en } from '../src/lib/words/en'
import { zh } from '../src/lib/words/zh'
import { ROUTES } from '../src/routes/table'
import { ROLES } from '../src/lib/me.svelte'

interface Schema { enum?: string[] }
const forms = (JSON.parse(readFileSync('../docs/openapi.json', 'utf8')) as { components: { schemas: Record<string, Schema> } }).components.schemas
const codes = (form: string): string[] => {
  const found = forms[form]?.enum
  if (found === undefined) throw new Error(`docs/openapi.json has no list of words ${form}`)
  return found
}
const places = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1]))].sort()

/** Rust sources of a crate, tests and what no page shows (supply planning) left out. */
function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((f) => f.isFile() && f.name.endsWith('.rs') && !/tests|fixture|suite|decide\/src\/supply/.test(`${f.parentPath}/${f.name}`))
    .map((f) => readFileSync(`${f.parentPath}/${f.name}`, 'utf8').split('#[cfg(test)]')[0] ?? '')
}
const named = (folders: string[], pattern: RegExp) => [...new Set(folders.flatMap(sources).flatMap((text) => [...text.matchAll(pattern)].map((m) => m[1] ?? '')))]

function expectWords(family: string, list: readonly string[]) {
  expect(list.length).toBeGreaterThan(0)
  const lacking = list.filter((code) => !(`${family}.${code}` in en))
  expect(lacking, `words of the family ${family}`).toEqual([])
}

describe('the two lists', () => {
  it('have the same keys', () => expect(Object.keys(zh).sort()).toEqual(Object.keys(en).sort()))
  it('have the same places', () => {
    for (const [key, text] of Object.entries(en)) expect(places(zh[key as keyof typeof en]), key).toEqual(places(text))
  })
  it('have no empty text and no left-over English in Chinese', () => {
    const same = new Set(['OEE', 'MTBF', 'MTTR', 'OPC UA', 'MQTT Sparkplug B', 'Modbus TCP', 'MQTT', 'MTConnect', 'HTTP', 'CO₂', 'kg', 'English', '中文'])
    for (const [key, text] of Object.entries(zh)) {
      expect(text.trim(), key).not.toBe('')
      const told = text.replace(/\{\w+\}/g, '')
      expect(same.has(text) || told.trim().length < 3 || /[\u4e00-\u9fff]/.test(told), `${key}: ${text}`).toBe(true)
    }
  })
})

describe('every code has words', () => {
  it.each([
    ['state', 'MachineState'],
    ['loss', 'Loss'],
    ['waste', 'WasteKind'],
    ['baseline.learning', 'LearnedBy'],
    ['cause', 'Cause'],
    ['finding', 'Cause'],
    ['forecast', 'ForecastKind'],
    ['forecast.say', 'ForecastKind'],
    ['decisionkind', 'DecisionKind'],
    ['decisionstate', 'DecisionState'],
    ['revisionstate', 'RevisionState'],
    ['commandstate', 'CommandState'],
    ['action', 'ActionWord'],
    ['action.bare', 'ActionWord'],
    ['feed.action', 'ActionWord'],
    ['why', 'ActionWord'],
    ['decision.reason.suggest', 'ActionWord'],
    ['metric', 'Metric'],
    ['refusal', 'RefusalReason'],
    ['role', 'UserRole'],
    ['quality', 'Quality'],
    ['channelkind', 'ChannelKind'],
    ['channelrole', 'ChannelRole'],
    ['kind', 'RecordKind'],
    ['orderstate', 'OrderState'],
  ])('%s of %s', (family, form) => expectWords(family, codes(form)))

  it('roles are those of the interface, in order', () => expect([...ROLES]).toEqual(codes('UserRole')))
  it('losses say what they mean', () => expectWords('loss', codes('Loss').map((l) => `${l}.means`)))
  it('states say what they mean', () => expectWords('state', codes('MachineState').map((s) => `${s}.means`)))
  it('every service has its sentence', () => {
    expectWords('service', ['tool', 'bearing', 'leak'])
    expectWords('action.service', ['tool', 'bearing', 'leak'])
  })
  it('figures of findings and decisions', () => expectWords('evidence', named(['../crates/know/src', '../crates/decide/src'], /\b(?:figure|evidence)\(\s*"([a-z_]+)"/g)))
  it('where a decision began and why it lapsed', () => expectWords('evidence', named(['../crates/act/src'], /"((?:lapsed|start)_[a-z_]+)"/g)))
  it('rules of the check', () => expectWords('rule', named(['../crates/decide/src'], /^ {4}\("([a-z_]+)", [a-z_]+\),$/gm)))
  it('reasons not to take an alternative', () =>
    expectWords('reason', named(['../crates/decide/src'], /"((?:smaller|greater|lower|not)_[a-z_]+)"/g).filter((code) => !(`rule.${code}` in en))))
  it('methods of measuring', () => expectWords('method', named(['../crates/act/src/effect'], /^ {4}name: "([a-z_]+)"/gm)))
  it('what the audit trail says', () => expectWords('auditwhat', named(['../crates/web/src/routes'], /\.note\([^,]+, "([a-z_]+)"/g)))
  it('pages have titles', () => expectWords('nav', ROUTES.map((r) => r.name)))
})

describe('filling', () => {
  it('chooses between one and many', () => {
    expect(fill(WORDS.en['app.waiting'], { n: 1 }, 'en')).toBe('1 decision waits for you')
    expect(fill(WORDS.en['app.waiting'], { n: 3 }, 'en')).toBe('3 decisions wait for you')
    expect(fill(WORDS.zh['app.waiting'], { n: 1 }, 'zh')).toBe('1 项决策等您审批')
  })
  it('writes numbers of the language and leaves what it does not know', () => {
    expect(fill('{n} of {x}', { n: 12_000 }, 'en')).toBe('12,000 of {x}')
  })
})
