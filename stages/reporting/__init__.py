"""From evaluations to what people read: tables, words, pictures, the page, plot data and metrics."""
