// Who is signed in. Enters: answers of the session. Leaves: name, role, what the role may do. Absent: passwords.
import { api, useCsrf } from './api/client'
import type { Session } from './api/shapes'

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
  }
  forget(): void {
    this.session = null
    this.asked = true
    useCsrf('')
  }
  may(wanted: string): boolean {
    return this.session !== null && atLeast(this.session.role, wanted)
  }
  async ask(): Promise<void> {
    try {
      this.take(await api.session())
    } catch {
      // someone may have signed in while this was asked
      if (this.session === null) this.forget()
    }
  }
}

export const me = new Me()
