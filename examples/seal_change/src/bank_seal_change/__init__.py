"""单位预留印鉴变更: a kind of casework that a bank adds from its own package."""
