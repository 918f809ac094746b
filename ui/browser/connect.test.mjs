// The wizard and hand entry in both languages, against a real demo: a workshop's OPC UA server is looked at, watched, corrected
// and agreed to; a clerk enters a round of meters, a wrong value, and one without a connection.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asked, open, shoot, sound, start, stop, visit } from './frame.mjs'

const WORDS = {
  en: { look: 'Look at it', enough: 'That is enough', yes: /^Yes, read/, written: 'It is written', stored: /is stored/, refused: /Not taken/, waits: /waits for the connection/, no: 'No, start again' },
  zh: { look: '查看数据源', enough: '到此为止', yes: /^确认，读取/, written: '已写入', stored: /已保存/, refused: /未接受/, waits: /等待连接/, no: '不，重新开始' },
}
const source = async (page, protocol) => (await asked(page, '/data')).sources.find((s) => s.protocol === protocol)

describe('connecting a source and entering readings', () => {
  before(start)
  after(stop)

  for (const language of ['en', 'zh']) {
    const w = WORDS[language]
    it(`the wizard, ${language}`, async () => {
      const { context, page, wrong } = await open({ language })
      await visit(page, '/connect')
      await shoot(page, `connect-1-${language}`)
      // an address at which nobody answers
      await page.locator('form input').first().fill('opc.tcp://127.0.0.1:9')
      await page.getByRole('button', { name: w.look }).click()
      await page.locator('.failed').waitFor()
      await sound(page, wrong, `a failed look (${language})`)
      await shoot(page, `connect-failed-${language}`)
      await page.locator('.sheet button.primary').click()
      // the demo's own server, under another name so that it is new to the unit
      const { address } = await source(page, 'opcua')
      await page.locator('form input').first().fill(address.replace('127.0.0.1', 'localhost'))
      await page.getByRole('button', { name: w.look }).click()
      await page.locator('.progress').waitFor()
      await shoot(page, `connect-2-${language}`)
      await page.waitForTimeout(6_000)
      const enough = page.getByRole('button', { name: w.enough })
      if (await enough.isVisible()) await enough.click()
      await page.locator('.machine').first().waitFor()
      await sound(page, wrong, `a proposal (${language})`)
      await shoot(page, `connect-3-${language}`)
      assert.ok((await page.locator('.machine').count()) >= 5, 'five machines speak OPC UA')
      const text = await page.locator('main').innerText()
      assert.equal(/[\u4e00-\u9fff]/.test(text), language === 'zh', 'wrong language')
      if (language === 'zh') {
        await page.locator('.machine tbody input[type=checkbox]').first().uncheck()
        await page.getByRole('button', { name: w.yes }).click()
        await page.locator('.done').waitFor()
        await shoot(page, `connect-4-${language}`)
        const audit = await asked(page, '/audit?limit=20')
        for (const what of ['source_looked_at', 'source_agreed', 'configuration_written']) assert.ok(audit.some((a) => a.what === what), what)
      } else {
        await page.getByRole('button', { name: w.no }).click()
        await page.locator('form').waitFor()
      }
      await sound(page, wrong, `after the yes (${language})`)
      await context.close()
    })

    it(`hand entry, ${language}`, async () => {
      const { context, page, wrong } = await open({ language, width: 820, height: 1180 })
      await visit(page, '/hand')
      const round = await asked(page, '/hand')
      assert.ok(round.channels.length >= 2, 'the demo has meters that are read by hand')
      await page.locator('.round input').first().waitFor()
      await shoot(page, `hand-1-${language}`)
      // meters have a range; words such as problems have none, and the counters of the bench take any number
      const [meter, other] = round.channels.filter((c) => c.range !== null)
      const field = (c) => page.locator(`.round input[data-id="${c.id}"]`)
      const said = (c) => page.locator(`[id="said-${c.id}"]`)
      const last = Number(meter.last ?? '100')
      await field(meter).fill(String(last + 1).replace('.', ','))
      await field(meter).press('Enter')
      await said(meter).getByText(w.stored).waitFor()
      const isNext = (f) => [...document.querySelectorAll('.round input')].indexOf(f) + 1 === [...document.querySelectorAll('.round input')].indexOf(document.activeElement)
      assert.equal(await field(meter).evaluate(isNext), true, 'Enter goes to the next meter')
      await field(other).fill('999999999999')
      await field(other).press('Enter')
      await said(other).getByText(w.refused).waitFor()
      await shoot(page, `hand-2-${language}`)
      assert.ok((await asked(page, '/hand')).entries.length > 0)
      await sound(page, wrong, `hand entry (${language})`)
      await context.setOffline(true)
      await field(meter).fill(String(last + 2))
      await field(meter).press('Enter')
      await said(meter).getByText(w.waits).waitFor()
      await shoot(page, `hand-offline-${language}`)
      await context.setOffline(false)
      await said(meter).getByText(w.stored).waitFor()
      const audit = await asked(page, '/audit?limit=50')
      assert.ok(audit.some((a) => a.what === 'reading_stored') && audit.some((a) => a.what === 'reading_refused'))
      await context.close()
    })
  }
})
