import { getContext, setContext } from 'svelte';

/** What a Field tells the control inside it. */
export type FieldContext = {
	readonly id: string;
	readonly labelId: string;
	readonly describedBy: string | undefined;
	readonly invalid: boolean;
	readonly required: boolean;
};

const key = Symbol('field');

/** Called by Field: makes its ids known to the control within. */
export function provideField(field: FieldContext): void {
	setContext(key, field);
}

/** Called by a control: the Field around it, or undefined when it stands alone. */
export function useField(): FieldContext | undefined {
	return getContext<FieldContext | undefined>(key);
}
