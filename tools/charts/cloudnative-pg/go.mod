// Pins where the definitions of cloudnative-pg come from; nothing is built of it.
module data-platform/sandbox/charts/cloudnative-pg

go 1.26.0

require github.com/cloudnative-pg/cloudnative-pg v1.30.0
