/** Sources of charts: as the stack says, or from the project's own directories where there are such. */
export const chartSources = ["configured", "directories"] as const;
export type ChartSource = (typeof chartSources)[number];
