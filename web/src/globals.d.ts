/** The version of the hub that this interface was built with. */
declare const __ADIT_VERSION__: string;
