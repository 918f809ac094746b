// Who is signed in. Enters: answers of the session. Leaves: name, role, what the role may do. Absent: passwords.
import { api, Refusal, useCsrf } from './api/client'
import type { Session } from './api/shapes'
import { keep, recall } from './store'

/** Whom this browser knew last: shown while the unit does not answer. Without the token nothing can be changed. */
const LAST = 'me'
function last(): Session | null {
  try {
    return JSON.parse(recall(LAST) ?? 'null') as Session | null
  } catch {
    return null
  }
}

/** Roles, least first; each may do all that the one before it may. */
export const ROLES = ['viewer', 'operator', 'planner', 'engineer', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Whether a role is at least another. */
export function atLeast(role: string, wanted: string): boolean {
  return ROLES.indexOf(role as Role) >= ROLES.indexOf(wanted as Role)
}

class Me {
  session = $state.raw<Session | null>(null)
  /** Whether it is known yet who is signed in. */
  asked = $state(false)

  take(session: Session): void {
    this.session = session
    this.asked = true
    useCsrf(session.csrf)
    keep(LAST, JSON.stringify({ ...session, csrf: '' }))
  }
  forget(): void {
    this.session = null
    this.asked = true
    useCsrf('')
    keep(LAST, 'null')
  }
  may(wanted: string): boolean {
    return this.session !== null && atLeast(this.session.role, wanted)
  }
  async ask(): Promise<void> {
    try {
      this.take(await api.session())
    } catch (error) {
      if (error instanceof Refusal && error.status === 0) {
        this.session ??= last()
        this.asked = true
        return
      }
      // someone may have signed in while this was asked
      if (this.session === null) this.forget()
    }
  }
}

export const me = new Me()
