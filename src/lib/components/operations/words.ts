import { m } from '$lib/i18n/generated/messages';
import type { OperationStatus, OperationStepKey, WaitedFor } from '$lib/shared/operations';

export const outcomeWords: Record<OperationStatus, () => string> = {
	running: m.word_outcome_running,
	succeeded: m.word_outcome_succeeded,
	failed: m.word_outcome_failed,
	undone: m.word_outcome_undone,
};

export const stepWords: Record<OperationStepKey, () => string> = {
	image: m.word_step_image,
	network: m.word_step_network,
	volume: m.word_step_volume,
	container: m.word_step_container,
	ready: m.word_step_ready,
	credentials: m.word_step_credentials,
	start: m.word_step_start,
	stop: m.word_step_stop,
	memory: m.word_step_memory,
	keep: m.word_step_keep,
	settings: m.word_step_settings,
	access: m.word_step_access,
	removeContainer: m.word_step_remove_container,
	removeVolume: m.word_step_remove_volume,
	trash: m.word_step_trash,
	restore: m.word_step_restore,
	verify: m.word_step_verify,
	removeObjects: m.word_step_remove_objects,
	removeBucket: m.word_step_remove_bucket,
	makeBuckets: m.word_step_make_buckets,
	copyObjects: m.word_step_copy_objects,
	copyKeys: m.word_step_copy_keys,
	compareSides: m.word_step_compare_sides,
};

/** Who does not answer just now, and what comes of it. */
export const waitingWords: Record<WaitedFor, () => string> = {
	server: m.operation_waits_server,
	source: m.operation_waits_source,
};
