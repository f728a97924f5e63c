import { z } from 'zod';

export const settingUnits = ['count', 'bytes', 'microseconds', 'milliseconds', 'seconds', 'factor'] as const;
export type SettingUnit = (typeof settingUnits)[number];

/** In the setting's own unit: bytes, milliseconds ... */
export const settingValueSchema = z.union([z.number(), z.boolean(), z.string().max(200)]);
export type SettingValue = z.infer<typeof settingValueSchema>;
export type SettingValues = Record<string, SettingValue>;

const common = {
	/** As the engine calls it. */
	key: z.string(),
	/** True: it takes effect when the server starts anew. */
	needsRestart: z.boolean(),
};

export const settingSpecSchema = z.discriminatedUnion('type', [
	z.strictObject({
		...common,
		type: z.literal('number'),
		unit: z.enum(settingUnits),
		min: z.number(),
		max: z.number(),
		isInteger: z.boolean(),
		/** A value, outside the range or not, that stands for "off" or "no limit". */
		offValue: z.number().nullable(),
	}),
	z.strictObject({ ...common, type: z.literal('boolean') }),
	z.strictObject({ ...common, type: z.literal('choice'), choices: z.array(z.string()) }),
	z.strictObject({
		...common,
		type: z.literal('text'),
		/** A regular expression for the whole text. */
		pattern: z.string(),
		maxLength: z.number(),
	}),
]);
/** A setting of an engine that people change: what values it takes. */
export type SettingSpec = z.infer<typeof settingSpecSchema>;

export type SettingProblem = 'type' | 'range' | 'choice' | 'pattern';

/** What is wrong with a value for this setting, or null. */
export function settingProblem(spec: SettingSpec, value: SettingValue): SettingProblem | null {
	switch (spec.type) {
		case 'number':
			return numberProblem(spec, value);
		case 'boolean':
			return typeof value === 'boolean' ? null : 'type';
		case 'choice':
			if (typeof value !== 'string') return 'type';
			return spec.choices.includes(value) ? null : 'choice';
		case 'text':
			if (typeof value !== 'string') return 'type';
			if (value.length > spec.maxLength) return 'range';
			return new RegExp(`^(?:${spec.pattern})$`, 'u').test(value) ? null : 'pattern';
	}
}

function numberProblem(
	spec: Extract<SettingSpec, { type: 'number' }>,
	value: SettingValue,
): SettingProblem | null {
	if (typeof value !== 'number' || !Number.isFinite(value)) return 'type';
	if (value === spec.offValue) return null;
	if (spec.isInteger && !Number.isSafeInteger(value)) return 'type';
	return value >= spec.min && value <= spec.max ? null : 'range';
}
