-- What is loaded: one SELECT. The table staging holds the source file, each
-- column as it was read. Edit this as you like; the next run uses it.
SELECT
{% if answers.columns %}
{% for item in answers.columns %}
  {% if index > 0 %}, {% end %}{% name item %}

{% end %}
{% else %}
  *
{% end %}
FROM staging
