// Every page in both languages, light and dark, on a wide screen and a tablet: content, words, no errors, screenshots.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asked, open, shoot, sound, start, stop, visit } from './frame.mjs'

/** Pages that need no name of a thing. */
const PLAIN = { unit: '/', machines: '/machines', losses: '/losses', decisions: '/decisions', 'decisions-all': '/decisions?show=all', energy: '/energy', orders: '/orders', outlook: '/outlook', plan: '/plan', data: '/data', configure: '/configure', connect: '/connect', hand: '/hand', station: '/station', people: '/people', audit: '/audit', about: '/about', account: '/account' }

let addresses = PLAIN

async function named(page) {
  const unit = await asked(page, '/unit')
  const finding = unit.machines.find((m) => m.findings_open > 0) ?? unit.machines[0]
  const found = { ...PLAIN }
  if (finding !== undefined) found.machine = `/machines/${encodeURIComponent(finding.name)}`
  const decision = (await asked(page, '/decisions?limit=50')).find((d) => d.because.length > 0)
  if (decision !== undefined) found.decision = `/decisions/${decision.id}`
  const record = unit.latest.find((r) => r.kind === 'outcome') ?? unit.latest[0]
  if (record !== undefined) found.record = `/records/${record.id}`
  return found
}

describe('every page', () => {
  before(async () => {
    await start()
    const { context, page } = await open()
    await visit(page, '/')
    await page.waitForSelector('.loop .room')
    addresses = await named(page)
    await context.close()
  })
  after(stop)

  for (const language of ['en', 'zh']) {
    for (const look of [{ name: 'light', width: 1440, height: 900 }, { name: 'dark', width: 1440, height: 900, dark: true }, { name: 'tablet', width: 768, height: 1024 }]) {
      it(`${language}, ${look.name}`, async () => {
        const { context, page, wrong } = await open({ language, ...look })
        for (const [name, address] of Object.entries(addresses)) {
          await visit(page, address)
          await page.waitForTimeout(name === 'machine' ? 1500 : 400)
          await sound(page, wrong, `${name} (${language}, ${look.name})`)
          const text = await page.locator('main').innerText()
          assert.ok(text.length > 40, `${name}: empty page`)
          // the account page names both languages in their own words
          if (name !== 'account') assert.equal(/[\u4e00-\u9fff]/.test(text), language === 'zh', `${name}: wrong language`)
          await shoot(page, `${name}-${language}-${look.name}`)
        }
        await context.close()
      })
    }
  }

  it('explains itself on first use, once', async () => {
    const { context, page } = await open({ intro: true })
    await visit(page, '/')
    await page.locator('.intro li').first().waitFor()
    assert.equal(await page.locator('.intro li').count(), 3)
    await shoot(page, 'first-en-light', false)
    await page.locator('.intro button').click()
    await page.locator('.intro').waitFor({ state: 'detached' })
    await context.close()
  })

  it('has dark colours where the system has, and another choice holds', async () => {
    const { context, page } = await open({ dark: true })
    await visit(page, '/')
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const dark = await paper()
    await page.locator('header .icon').click()
    assert.notEqual(await paper(), dark)
    await page.reload()
    await page.waitForSelector('main h1')
    assert.notEqual(await paper(), dark)
    await context.close()
  })

  it('changes its language at once', async () => {
    const { context, page } = await open()
    await visit(page, '/orders')
    await page.getByRole('button', { name: '中文' }).click()
    await page.getByRole('heading', { name: '订单', level: 1 }).waitFor()
    assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN')
    await context.close()
  })
})
