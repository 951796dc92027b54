import assert from 'node:assert/strict'
import type { PloneSite } from '../../examples/plone/site.ts'

/** What an administrator does with a browser. */
export interface Editor {
  /** Plone's own undo of the last transactions, in Zope's management interface; the last comes first. */
  undo(transactions: number): Promise<void>
  /** Takes a version of the history for the current one. */
  revert(path: string, version: number): Promise<void>
}

export function createEditor({ urls, admin }: Pick<PloneSite, 'urls' | 'admin'>): Editor {
  const authorization = `Basic ${Buffer.from(`${admin.user}:${admin.password}`).toString('base64')}`
  const database = `${urls.zope.replace(/\/Plone$/, '')}/Control_Panel/Database/main`

  async function ask(url: string, form?: URLSearchParams): Promise<string> {
    const answer = await fetch(url, {
      headers: { authorization },
      ...(form && { method: 'POST', body: form }),
    })
    const text = await answer.text()
    assert.equal(answer.status, 200, `${url}: ${text.slice(0, 500)}`)
    return text
  }

  return {
    async undo(transactions) {
      const listed = await ask(`${database}/manage_UndoForm`)
      const ids = [...listed.matchAll(/name="transaction_info:list"[^>]*value="([^"]+)"/g)]
      assert.ok(ids.length >= transactions, `${ids.length} transactions can be undone`)
      const form = new URLSearchParams()
      for (const [, id = ''] of ids.slice(0, transactions)) form.append('transaction_info:list', id)
      const told = await ask(`${database}/manage_undo_transactions`, form)
      const refused = /alert-danger[^>]*>([^<]*)/.exec(told)
      assert.equal(refused, null, refused?.[1])
    },
    async revert(path, version) {
      // Else Plone asks a person whether a foreign site has sent them.
      const token = await ask(`${urls.zope}/@@authenticator/token`)
      const form = new URLSearchParams({ version_id: String(version), _authenticator: token })
      await ask(`${urls.zope}${path}/revertversion`, form)
    },
  }
}
