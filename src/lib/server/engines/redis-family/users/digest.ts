import { createHash } from 'node:crypto';
import type { Secret } from '../../../secret';

/** A password as an ACL rule that does not show it. */
export function passwordRule(password: Secret): string {
	return `#${createHash('sha256').update(password.reveal(), 'utf8').digest('hex')}`;
}
