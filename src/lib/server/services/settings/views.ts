import { z } from 'zod';
import { settingSpecSchema, settingValueSchema } from '$lib/shared/settings';

export const settingViewSchema = z.strictObject({
	spec: settingSpecSchema,
	/** What follows from the memory size; null: the engine's own default. */
	profileValue: settingValueSchema.nullable(),
	/** What a person chose; null when nobody did. */
	declaredValue: settingValueSchema.nullable(),
	/** What is in force; null while the engine does not answer. */
	actualValue: settingValueSchema.nullable(),
	/** True: what is in force is not what is asked for. */
	isPending: z.boolean(),
});
export type SettingView = z.infer<typeof settingViewSchema>;
