from __future__ import annotations

import pytest

from arsearch.corpus.language import recognise_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("أجرى وزير الداخلية زيارته المتتالية لعدد من الدول ضمن الجهود الرامية لرفع كفاءة الأجهزة", "ar"),
        ("أن نسبة 41٪ من اللیبیین تعتقد أنه یقوم بعمل جید جدًا أو جید إلى حد ما في مكافحة الفساد کما", "ar"),
        (
            "زار الفنان پابلو مدينة گرگور ثم عاد إلى بيته في المساء وقد كان في المدينة سوق كبيرة لبيع الكتب القديمة",
            "ar",
        ),
        ("این کتاب برای کودکان است و در آن از گربه‌ای می‌گوید که به دنبال پنیر می‌رود و با پدر خود حرف می‌زند", "fa"),
        ("یہ کتاب بچوں کے لیے ہے اور اس میں ایک بلی کی کہانی ہے جو پنیر کی تلاش میں گھر سے نکلتی ہے", "ur"),
        ("ئەم کتێبە بۆ منداڵانە و باسی پشیلەیەک دەکات کە بەدوای پەنیردا دەگەڕێت لە گوندێکی بچووک", "ckb"),
        ("The minister of the interior visited the capital on Tuesday to discuss cooperation.", "en"),
        ("Le ministre de l'Intérieur s'est rendu mardi dans la capitale pour parler de coopération.", "fr"),
        ("Der Innenminister besuchte am Dienstag die Hauptstadt, um über Zusammenarbeit zu sprechen.", "de"),
        ("خبر", ""),
        ("1234 !?", ""),
        ("", ""),
    ],
)
def test_a_language_is_recognised(text: str, language: str) -> None:
    assert recognise_language(text) == language
