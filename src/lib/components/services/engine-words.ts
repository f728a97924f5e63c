import { m } from '$lib/i18n/generated/messages';

/** What an engine is good for, in a plain sentence. The catalogue says which engines there are. */
export const engineSentences: Record<string, () => string> = {
	postgres: m.engine_postgres_text,
};
