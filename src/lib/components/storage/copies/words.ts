import { m } from '$lib/i18n/generated/messages';
import { isDenial } from '$lib/shared/s3-denials';
import type { CopyFinding, CopyState, KeyOutcome, LeftBehind } from '$lib/shared/storage-copies';

export const copyStateWords: Record<CopyState, () => string> = {
	running: m.copies_state_running,
	paused: m.copies_state_paused,
	done: m.copies_state_done,
	failed: m.copies_state_failed,
	cancelled: m.copies_state_cancelled,
};

/** The badge's meaning, which the word beside it says too. */
export const copyStateSigns = {
	running: 'working',
	paused: 'attention',
	done: 'running',
	failed: 'failed',
	cancelled: 'stopped',
} as const satisfies Record<CopyState, string>;

export const findingWords: Record<CopyFinding, () => string> = {
	missing: m.copies_missing,
	different: m.copies_different,
	refused: m.copies_refused,
};

export const leftBehindWords: Record<LeftBehind, () => string> = {
	versions: m.copies_left_versions,
	tags: m.copies_left_tags,
	lock: m.copies_left_lock,
	policy: m.copies_left_policy,
	acl: m.copies_left_acl,
	lifecycle: m.copies_left_lifecycle,
	cors: m.copies_left_cors,
	encryption: m.copies_left_encryption,
	unread: m.copies_left_unread,
};

export const keyOutcomeWords: Record<KeyOutcome, () => string> = {
	carried: m.copies_key_carried,
	kept: m.copies_key_kept,
	newNeeded: m.copies_key_new_needed,
	refused: m.copies_key_refused,
};

/** Why an object is not as in the source, as a sentence. */
export function reasonSentence(reason: string): string {
	if (reason === 'changed') return m.copies_reason_changed();
	if (reason === 'bytes') return m.copies_reason_bytes();
	if (reason === 'newer') return m.copies_reason_newer();
	const [who = '', code = ''] = reason.split(':');
	if (who === 'key') return m.copies_reason_key();
	const isSource = who === 'source';
	if (code === 'unreachable')
		return isSource ? m.copies_reason_broken_source() : m.copies_reason_broken_target();
	if (isSource && isDenial(code)) return m.copies_reason_shut_source();
	return isSource ? m.copies_reason_source({ code }) : m.copies_reason_target({ code });
}
