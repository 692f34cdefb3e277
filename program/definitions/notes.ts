/** Annotations of the ConfigMap that stands for an operator's CRDs. */
export const definitionNotes = {
    /** The sources of the CRDs, as JSON. */
    sources: "data-platform.io/crd-sources",
    /** How often, and why the last time, CRDs were applied that were the same in the program. */
    reapplied: "data-platform.io/crds-reapplied",
};
