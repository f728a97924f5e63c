import {
	corsMethods,
	corsRulesSchema,
	lifecycleRulesSchema,
	type CorsRule,
	type LifecycleRule,
} from '$lib/shared/storage-rules';
import { countOf } from './size';

export type CorsMethod = (typeof corsMethods)[number];
export { corsMethods };

/** A rule while it is edited: lists as lines, numbers as they are typed. */
export type CorsDraft = {
	id: string;
	origins: string;
	methods: readonly CorsMethod[];
	allowedHeaders: string;
	exposedHeaders: string;
	maxAgeSeconds: string;
};

let made = 0;

/** Tells one draft from the others while there is no other way. */
function nextId(): string {
	made += 1;
	return `rule-${made}`;
}

const lines = (text: string): string[] => text.split(/[\s,]+/).filter((line) => line !== '');

export function corsDraft(rule?: CorsRule): CorsDraft {
	return {
		id: nextId(),
		origins: rule?.origins.join('\n') ?? '',
		methods: rule?.methods ?? ['GET', 'HEAD'],
		allowedHeaders: rule?.allowedHeaders.join('\n') ?? '*',
		exposedHeaders: rule?.exposedHeaders.join('\n') ?? 'ETag',
		maxAgeSeconds: rule?.maxAgeSeconds === null ? '' : String(rule?.maxAgeSeconds ?? 3_600),
	};
}

/** The rules, or undefined while one of them is not whole. */
export function corsRules(drafts: readonly CorsDraft[]): CorsRule[] | undefined {
	const read = corsRulesSchema.safeParse(
		drafts.map((draft) => ({
			origins: lines(draft.origins),
			methods: [...draft.methods],
			allowedHeaders: lines(draft.allowedHeaders),
			exposedHeaders: lines(draft.exposedHeaders),
			maxAgeSeconds: draft.maxAgeSeconds.trim() === '' ? null : Number(draft.maxAgeSeconds),
		})),
	);
	return read.success ? read.data : undefined;
}

/** As `CorsDraft`, of a rule about what is removed by itself. */
export type LifecycleDraft = {
	id: string;
	/** Sizes, and a date, that were set by other means: the form says them and keeps them. */
	kept: Pick<LifecycleRule, 'largerThanBytes' | 'smallerThanBytes' | 'expireOn'>;
	name: string;
	isEnabled: boolean;
	prefix: string;
	expireAfterDays: string;
	abortUploadsAfterDays: string;
	expireVersionsAfterDays: string;
};

const text = (days: number | null | undefined): string => (typeof days === 'number' ? String(days) : '');

export function lifecycleDraft(rule?: LifecycleRule): LifecycleDraft {
	return {
		id: nextId(),
		kept: {
			largerThanBytes: rule?.largerThanBytes ?? null,
			smallerThanBytes: rule?.smallerThanBytes ?? null,
			expireOn: rule?.expireOn ?? null,
		},
		name: rule?.id ?? '',
		isEnabled: rule?.isEnabled ?? true,
		prefix: rule?.prefix ?? '',
		expireAfterDays: text(rule?.expireAfterDays),
		abortUploadsAfterDays: text(rule?.abortUploadsAfterDays),
		expireVersionsAfterDays: text(rule?.expireVersionsAfterDays),
	};
}

/** The rules, or undefined while one of them is not whole. */
export function lifecycleRules(drafts: readonly LifecycleDraft[]): LifecycleRule[] | undefined {
	const read = lifecycleRulesSchema.safeParse(
		drafts.map(({ name, isEnabled, prefix, kept, ...days }) => ({
			...{ id: name.trim(), isEnabled, prefix: prefix === '' ? null : prefix, ...kept },
			expireAfterDays: countOf(days.expireAfterDays),
			abortUploadsAfterDays: countOf(days.abortUploadsAfterDays),
			expireVersionsAfterDays: countOf(days.expireVersionsAfterDays),
		})),
	);
	return read.success ? read.data : undefined;
}
