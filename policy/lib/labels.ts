/** Of the labels and annotations that the platform sets; components/labels.ts has the same, held to it by a test. */
export const prefix = "data-platform.io";
