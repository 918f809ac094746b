// What people do: approve and reject, walk back to the readings, work by keyboard, touch on a tablet, lose the connection.
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asked, base, open, PATIENCE_MS, shoot, sound, start, stop, visit } from './frame.mjs'

const APPROVAL_MS = 180_000

async function pending(page) {
  for (const until = Date.now() + APPROVAL_MS; Date.now() < until; await page.waitForTimeout(1000)) {
    const waiting = await asked(page, '/decisions?state=pending&limit=50')
    if (waiting.length > 0) return waiting
  }
  return []
}

describe('people at work', () => {
  before(start)
  after(stop)

  it('approves a decision that waits', async (t) => {
    const { context, page, wrong } = await open()
    await visit(page, '/decisions')
    if ((await pending(page)).length === 0) return t.skip('no decision waited for approval')
    const card = page.locator('article.pending').first()
    await card.waitFor()
    const id = await card.getAttribute('data-decision')
    await page.locator(`[data-decision="${id}"]`).getByRole('button', { name: 'Approve' }).click()
    await page.locator('dialog[open] textarea').waitFor()
    assert.notEqual(await page.locator('dialog textarea').inputValue(), '', 'a reason is suggested')
    await shoot(page, 'approve-en-light', false)
    await page.locator('dialog button[type=submit]').click()
    await page.locator('.said:not(:empty), dialog [role=alert]').first().waitFor()
    // a virtual clock may run fast enough for a decision to lapse while it is read; then that is said
    const said = await page.locator('.said, dialog [role=alert]').allInnerTexts()
    const state = (await asked(page, `/decisions/${id}`)).state
    assert.ok(state !== 'pending', `${id} is ${state}: ${said}`)
    assert.equal(wrong.filter((w) => !/409/.test(w)).length, 0, wrong.join('\n'))
    await context.close()
  })

  it('has machines that do what they are told', async (t) => {
    const { context, page } = await open()
    await visit(page, '/decisions')
    const acted = []
    for (const until = Date.now() + APPROVAL_MS; Date.now() < until && acted.length === 0; await page.waitForTimeout(1000)) {
      const all = await asked(page, '/decisions?limit=200')
      acted.push(...all.filter((d) => ['running', 'done', 'rolled_back'].includes(d.state)))
    }
    if (acted.length === 0) return t.skip('nothing was decided')
    for (const { id } of acted) {
      const { commands } = await asked(page, `/decisions/${id}`)
      const misled = commands.filter((c) => /BadOutOfRange|BadTypeMismatch|BadNotWritable|only be read|is not possible|takes /.test(c.detail ?? ''))
      assert.deepEqual(misled, [], `${id}: a command reached another channel, or the machine knows no such value`)
    }
    await context.close()
  })

  it('wants a reason to reject', async (t) => {
    const { context, page } = await open({ language: 'zh' })
    await visit(page, '/decisions')
    if ((await pending(page)).length === 0) return t.skip('no decision waited for approval')
    await page.locator('article.pending').first().getByRole('button', { name: '否决' }).click()
    const send = page.locator('dialog button[type=submit]')
    assert.ok(await send.isDisabled())
    await page.locator('dialog textarea').fill('浏览器测试')
    assert.ok(await send.isEnabled())
    await shoot(page, 'reject-zh-light', false)
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    await context.close()
  })

  it('walks back from a record to a chart of its readings', async (t) => {
    const { context, page, wrong } = await open()
    await visit(page, '/')
    const decisions = await asked(page, '/decisions?limit=50')
    const findings = await asked(page, '/findings?limit=50')
    const record = [...decisions, ...findings].find((r) => r.because.some((b) => b.readings !== undefined)) ?? findings[0]
    if (record === undefined) return t.skip('no record yet')
    await visit(page, `/records/${record.id}`)
    const leaf = page.locator('details.leaf').first()
    await leaf.locator('summary').first().click()
    await leaf.locator('figure').waitFor()
    await leaf.locator('canvas, .words, p').first().waitFor()
    await page.waitForTimeout(600)
    await sound(page, wrong, 'the walk')
    await shoot(page, 'walk-en-light')
    await context.close()
  })

  it('is worked by keyboard alone', async () => {
    const { context, page } = await open()
    await visit(page, '/')
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement?.className.includes('skip')), true, 'the first stop skips to the content')
    await page.keyboard.press('Enter')
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H1')
    await page.locator('nav a[href="#/machines"]').focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Machines', level: 1 }).waitFor()
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1')
    const outlined = await page.locator('nav a[href="#/energy"]').evaluate((a) => {
      a.focus()
      return a.matches(':focus') && getComputedStyle(a).outlineStyle
    })
    assert.notEqual(outlined, 'none')
    await context.close()
  })

  it('has names for all controls and large enough targets on a tablet', async () => {
    const { context, page } = await open({ width: 768, height: 1024 })
    for (const address of ['/', '/decisions?show=all', '/orders']) {
      await visit(page, address)
      const poor = await page.evaluate(() => {
        const controls = [...document.querySelectorAll('button, nav a, summary, select, input:not([tabindex="-1"])')].filter((e) => e.getClientRects().length > 0)
        return controls
          .map((e) => ({ name: (e.getAttribute('aria-label') ?? e.textContent ?? '').trim(), height: e.getBoundingClientRect().height, tag: e.outerHTML.slice(0, 90) }))
          .filter((c) => c.name === '' || c.height < 43.5)
      })
      assert.deepEqual(poor, [], address)
    }
    await context.close()
  })

  it('stands still where motion is not wanted', async () => {
    const { context, page } = await open({ still: true })
    await visit(page, '/')
    await page.waitForSelector('.flow')
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector('.flow')).animationName), 'none')
    await context.close()
  })

  it('says that the connection is lost and comes back', async () => {
    const { context, page } = await open()
    // a stream that runs already cannot be cut from here, so it is kept from opening
    await page.route('**/api/v1/live', (route) => route.abort('connectionrefused'))
    await page.goto(`${base}/#/`)
    await page.locator('p.lost').waitFor({ timeout: PATIENCE_MS })
    await shoot(page, 'lost-en-light', false)
    await page.unroute('**/api/v1/live')
    await page.locator('.dot.live').waitFor({ timeout: PATIENCE_MS })
    await context.close()
  })
})

describe('without a session', () => {
  before(start)
  after(stop)

  it('asks to sign in and refuses a wrong password in plain words', async () => {
    const { context, page } = await open()
    await context.clearCookies()
    await page.goto(`${base}/#/energy`)
    await page.locator('input[autocomplete=username]').waitFor()
    await shoot(page, 'sign-in-en', false)
    await page.locator('input[autocomplete=username]').fill('nobody')
    await page.locator('input[type=password]').fill('not the password')
    await page.locator('button[type=submit]').click()
    await page.getByRole('alert').waitFor()
    assert.match(await page.getByRole('alert').innerText(), /wrong|tries/)
    await context.close()
  })
})
