/** One thing to choose in a Select, Combobox or RadioCards. */
export type Option<T extends string = string> = {
	value: T;
	label: string;
	/** One plain sentence under the label. */
	hint?: string | undefined;
	disabled?: boolean | undefined;
};

/** The option with this value, or undefined: how a string from a widget becomes the narrow type again. */
export function oneOf<T extends string, O extends Option<T>>(
	options: readonly O[],
	value: string,
): O | undefined {
	return options.find((option) => option.value === value);
}
