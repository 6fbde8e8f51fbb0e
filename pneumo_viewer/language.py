"""The language of the window, chosen when the program starts."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from pneumo_viewer.settings import Language
from pneumo_viewer.words import speak
from resources import TRANSLATIONS


def choose_language(application: QApplication, language: Language) -> None:
    """Speak a language from now on, with Qt's own words in its dialogs; English needs no file."""
    locale = QLocale.system() if language == "system" else QLocale(language)
    for former in application.findChildren(QTranslator):
        application.removeTranslator(former)
        former.deleteLater()
    for name, folder in (
        ("pneumo_viewer", str(TRANSLATIONS)),
        ("qtbase", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
    ):
        translator = QTranslator(application)
        if translator.load(locale, name, "_", folder):
            application.installTranslator(translator)
    speak(lambda text: QCoreApplication.translate("", text))
