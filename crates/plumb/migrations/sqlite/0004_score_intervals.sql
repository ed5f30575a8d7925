-- Version 4: how far a score may be from the truth. Scores of models that do not say have none.

ALTER TABLE prediction ADD COLUMN low REAL;
ALTER TABLE prediction ADD COLUMN high REAL;
