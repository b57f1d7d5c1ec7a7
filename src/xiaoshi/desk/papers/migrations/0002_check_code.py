"""What a stranger may learn about a paper: a function of the owner, because a visitor has no rights on the tables.

It answers one code at a time and gives public columns only: never a name, and of the sum its first figure and its length,
which is enough to notice that a figure was altered and too little to tell what somebody was paid.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION paper_by_check_code(code text)
RETURNS TABLE (number text, title_zh text, title_en text, outlet_zh text, outlet_en text, outlet_phone text,
               issued_at timestamptz, voided_at timestamptz, pages integer, amount_shown text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.number, p.title_zh, p.title_en, u.name_zh, u.name_en, u.phone, p.issued_at, p.voided_at, p.pages,
           CASE WHEN jsonb_typeof(p.facts -> 'amount_fen') = 'number' THEN
               regexp_replace(to_char((p.facts ->> 'amount_fen')::bigint / 100, 'FM999,999,999,999,990'),
                              '(?<=.)[0-9]', '*', 'g')
           END
    FROM public.papers_paper p
    JOIN public.cases_case c ON c.id = p.case_id
    JOIN public.organisation_unit u ON u.id = c.unit_id
    WHERE p.check_code = code
$$;
"""

BACKWARD = "DROP FUNCTION paper_by_check_code(text);"


class Migration(migrations.Migration):
    dependencies = [("papers", "0001_initial"), ("guard", "0001_row_security")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
