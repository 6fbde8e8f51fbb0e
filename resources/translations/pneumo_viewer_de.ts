<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name></name>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Of the panels; the image is on black in every theme.</source>
        <translation>Der Leisten; das Bild steht immer auf Schwarz.</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>Of menus, panels and messages, from the next start.</source>
        <translation>Von Menüs, Leisten und Meldungen, ab dem nächsten Start.</translation>
    </message>
    <message>
        <source>Text size</source>
        <translation>Textgröße</translation>
    </message>
    <message>
        <source>In percent, for every text of the window.</source>
        <translation>In Prozent, für alle Texte des Fensters.</translation>
    </message>
    <message>
        <source>Dragging up</source>
        <translation>Nach oben ziehen</translation>
    </message>
    <message>
        <source>What a drag upwards with the left button does to the image.</source>
        <translation>Was ein Ziehen nach oben mit der linken Taste mit dem Bild macht.</translation>
    </message>
    <message>
        <source>Reading</source>
        <translation>Befundung</translation>
    </message>
    <message>
        <source>Makes it brighter</source>
        <translation>Macht es heller</translation>
    </message>
    <message>
        <source>Makes it darker</source>
        <translation>Macht es dunkler</translation>
    </message>
    <message>
        <source>The settings could not be read and start afresh. Kept as they were: {path}</source>
        <translation>Die Einstellungen waren nicht lesbar und beginnen neu. So aufbewahrt, wie sie waren: {path}</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Reset to defaults</source>
        <translation>Auf Vorgaben zurücksetzen</translation>
    </message>
    <message>
        <source>Settings could not be saved to {path}: {reason}.</source>
        <translation>Die Einstellungen konnten nicht in {path} gespeichert werden: {reason}.</translation>
    </message>
    <message>
        <source>Recent folders</source>
        <translation>Zuletzt geöffnete Ordner</translation>
    </message>
    <message>
        <source>Window ▾</source>
        <translation>Fensterung ▾</translation>
    </message>
    <message>
        <source>Choose a window</source>
        <translation>Fensterung wählen</translation>
    </message>
    <message>
        <source>Reading {done} of {total}</source>
        <translation>Lesen: {done} von {total}</translation>
    </message>
    <message>
        <source>Stop reading</source>
        <translation>Lesen anhalten</translation>
    </message>
    <message>
        <source>Detecting {done} of {total}</source>
        <translation>Detektion: {done} von {total}</translation>
    </message>
    <message>
        <source>Stop detecting</source>
        <translation>Detektion anhalten</translation>
    </message>
    <message>
        <source>Exporting {done} of {total}</source>
        <translation>Export: {done} von {total}</translation>
    </message>
    <message>
        <source>Stop exporting</source>
        <translation>Export anhalten</translation>
    </message>
    <message>
        <source>no model</source>
        <translation>kein Modell</translation>
    </message>
    <message>
        <source>Research use only</source>
        <translation>Nur für die Forschung</translation>
    </message>
    <message>
        <source>This is another patient.</source>
        <translation>Dies ist ein anderer Patient.</translation>
    </message>
    <message>
        <source>Reading …</source>
        <translation>Wird gelesen …</translation>
    </message>
    <message>
        <source>This image cannot be shown</source>
        <translation>Dieses Bild kann nicht gezeigt werden</translation>
    </message>
    <message>
        <source>Legend of the heat map</source>
        <translation>Legende der Heatmap</translation>
    </message>
    <message>
        <source>inverted</source>
        <translation>invertiert</translation>
    </message>
    <message>
        <source>zoom {percent}</source>
        <translation>Zoom {percent}</translation>
    </message>
    <message>
        <source>lossy compression</source>
        <translation>verlustbehaftet komprimiert</translation>
    </message>
    <message>
        <source>frame {number} of {count}</source>
        <translation>Frame {number} von {count}</translation>
    </message>
    <message>
        <source>calibrated</source>
        <translation>kalibriert</translation>
    </message>
    <message>
        <source>at detector</source>
        <translation>am Detektor</translation>
    </message>
    <message>
        <source>corrected for magnification</source>
        <translation>um die Vergrößerung korrigiert</translation>
    </message>
    <message>
        <source>of unknown origin</source>
        <translation>unbekannter Herkunft</translation>
    </message>
    <message>
        <source>mean {mean:.1f} · SD {deviation:.1f} · {count} px</source>
        <translation>Mittel {mean:.1f} · SD {deviation:.1f} · {count} px</translation>
    </message>
    <message>
        <source>pixel spacing unknown</source>
        <translation>Pixelabstand unbekannt</translation>
    </message>
    <message>
        <source>{spacing} mm {origin}</source>
        <translation>{spacing} mm {origin}</translation>
    </message>
    <message>
        <source>mirrored</source>
        <translation>gespiegelt</translation>
    </message>
    <message>
        <source>rotated {degrees}°</source>
        <translation>um {degrees}° gedreht</translation>
    </message>
    <message>
        <source>reading … shown at low resolution</source>
        <translation>wird gelesen … in geringer Auflösung gezeigt</translation>
    </message>
    <message>
        <source>Radiograph</source>
        <translation>Aufnahme</translation>
    </message>
    <message>
        <source>Radiograph beside it, {place}</source>
        <translation>Aufnahme daneben, {place}</translation>
    </message>
    <message>
        <source>Hide all boxes</source>
        <translation>Alle Rahmen ausblenden</translation>
    </message>
    <message>
        <source>Move left</source>
        <translation>Nach links schieben</translation>
    </message>
    <message>
        <source>Move right</source>
        <translation>Nach rechts schieben</translation>
    </message>
    <message>
        <source>Move up</source>
        <translation>Nach oben schieben</translation>
    </message>
    <message>
        <source>Move down</source>
        <translation>Nach unten schieben</translation>
    </message>
    <message>
        <source>Move left by 10</source>
        <translation>Um 10 nach links schieben</translation>
    </message>
    <message>
        <source>Move right by 10</source>
        <translation>Um 10 nach rechts schieben</translation>
    </message>
    <message>
        <source>Move up by 10</source>
        <translation>Um 10 nach oben schieben</translation>
    </message>
    <message>
        <source>Move down by 10</source>
        <translation>Um 10 nach unten schieben</translation>
    </message>
    <message>
        <source>Make narrower</source>
        <translation>Schmaler machen</translation>
    </message>
    <message>
        <source>Make wider</source>
        <translation>Breiter machen</translation>
    </message>
    <message>
        <source>Make shorter</source>
        <translation>Niedriger machen</translation>
    </message>
    <message>
        <source>Make taller</source>
        <translation>Höher machen</translation>
    </message>
    <message>
        <source>Make narrower by 10</source>
        <translation>Um 10 schmaler machen</translation>
    </message>
    <message>
        <source>Make wider by 10</source>
        <translation>Um 10 breiter machen</translation>
    </message>
    <message>
        <source>Make shorter by 10</source>
        <translation>Um 10 niedriger machen</translation>
    </message>
    <message>
        <source>Make taller by 10</source>
        <translation>Um 10 höher machen</translation>
    </message>
    <message>
        <source>Open a folder …</source>
        <translation>Ordner öffnen …</translation>
    </message>
    <message>
        <source>Open files …</source>
        <translation>Dateien öffnen …</translation>
    </message>
    <message>
        <source>Open the demo studies</source>
        <translation>Beispielstudien öffnen</translation>
    </message>
    <message>
        <source>Load ground truth …</source>
        <translation>Referenz laden …</translation>
    </message>
    <message>
        <source>Take over my reviews from reports …</source>
        <translation>Befunde aus Berichten übernehmen …</translation>
    </message>
    <message>
        <source>Structured reports (DICOM SR) …</source>
        <translation>Strukturierte Berichte (DICOM SR) …</translation>
    </message>
    <message>
        <source>Presentation states (DICOM GSPS) …</source>
        <translation>Präsentationszustände (DICOM GSPS) …</translation>
    </message>
    <message>
        <source>Images without identities (DICOM) …</source>
        <translation>Bilder ohne Identität (DICOM) …</translation>
    </message>
    <message>
        <source>COCO JSON …</source>
        <translation>COCO JSON …</translation>
    </message>
    <message>
        <source>Table (CSV) …</source>
        <translation>Tabelle (CSV) …</translation>
    </message>
    <message>
        <source>Challenge submission (CSV) …</source>
        <translation>Einreichung zur Challenge (CSV) …</translation>
    </message>
    <message>
        <source>Report (PDF) …</source>
        <translation>Bericht (PDF) …</translation>
    </message>
    <message>
        <source>Picture of the view (PNG) …</source>
        <translation>Bild der Ansicht (PNG) …</translation>
    </message>
    <message>
        <source>Close all studies</source>
        <translation>Alle Studien schließen</translation>
    </message>
    <message>
        <source>Settings …</source>
        <translation>Einstellungen …</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Fit to the viewport</source>
        <translation>In das Bildfenster einpassen</translation>
    </message>
    <message>
        <source>Actual pixels (1:1)</source>
        <translation>Originalpixel (1:1)</translation>
    </message>
    <message>
        <source>Zoom in</source>
        <translation>Vergrößern</translation>
    </message>
    <message>
        <source>Zoom out</source>
        <translation>Verkleinern</translation>
    </message>
    <message>
        <source>Reset the view</source>
        <translation>Ansicht zurücksetzen</translation>
    </message>
    <message>
        <source>Cancel, or reset the view</source>
        <translation>Abbrechen oder Ansicht zurücksetzen</translation>
    </message>
    <message>
        <source>Show ground truth</source>
        <translation>Referenz zeigen</translation>
    </message>
    <message>
        <source>Show overlays of the file</source>
        <translation>Overlays der Datei zeigen</translation>
    </message>
    <message>
        <source>One viewport</source>
        <translation>Ein Bildfenster</translation>
    </message>
    <message>
        <source>Two viewports</source>
        <translation>Zwei Bildfenster</translation>
    </message>
    <message>
        <source>Four viewports</source>
        <translation>Vier Bildfenster</translation>
    </message>
    <message>
        <source>Compare with prior</source>
        <translation>Mit Voruntersuchung vergleichen</translation>
    </message>
    <message>
        <source>Zoom and pan all viewports together</source>
        <translation>Alle Bildfenster gemeinsam zoomen und verschieben</translation>
    </message>
    <message>
        <source>Next viewport</source>
        <translation>Nächstes Bildfenster</translation>
    </message>
    <message>
        <source>Maximise the viewport</source>
        <translation>Bildfenster maximieren</translation>
    </message>
    <message>
        <source>Worklist</source>
        <translation>Arbeitsliste</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
    <message>
        <source>DICOM tags</source>
        <translation>DICOM-Tags</translation>
    </message>
    <message>
        <source>PACS</source>
        <translation>PACS</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Reset layout</source>
        <translation>Anordnung zurücksetzen</translation>
    </message>
    <message>
        <source>Full screen</source>
        <translation>Vollbild</translation>
    </message>
    <message>
        <source>Automatic window</source>
        <translation>Automatische Fensterung</translation>
    </message>
    <message>
        <source>Window of the file</source>
        <translation>Fensterung der Datei</translation>
    </message>
    <message>
        <source>Full range</source>
        <translation>Voller Umfang</translation>
    </message>
    <message>
        <source>Lung</source>
        <translation>Lunge</translation>
    </message>
    <message>
        <source>Mediastinum</source>
        <translation>Mediastinum</translation>
    </message>
    <message>
        <source>Bone</source>
        <translation>Knochen</translation>
    </message>
    <message>
        <source>Invert</source>
        <translation>Invertieren</translation>
    </message>
    <message>
        <source>Rotate right</source>
        <translation>Nach rechts drehen</translation>
    </message>
    <message>
        <source>Rotate left</source>
        <translation>Nach links drehen</translation>
    </message>
    <message>
        <source>Flip left and right</source>
        <translation>Links und rechts spiegeln</translation>
    </message>
    <message>
        <source>Flip top and bottom</source>
        <translation>Oben und unten spiegeln</translation>
    </message>
    <message>
        <source>Zoom tool</source>
        <translation>Zoomwerkzeug</translation>
    </message>
    <message>
        <source>Magnifier</source>
        <translation>Lupe</translation>
    </message>
    <message>
        <source>Length</source>
        <translation>Länge</translation>
    </message>
    <message>
        <source>Angle</source>
        <translation>Winkel</translation>
    </message>
    <message>
        <source>Rectangle: mean and deviation</source>
        <translation>Rechteck: Mittel und Abweichung</translation>
    </message>
    <message>
        <source>Ellipse: mean and deviation</source>
        <translation>Ellipse: Mittel und Abweichung</translation>
    </message>
    <message>
        <source>Delete measurement</source>
        <translation>Messung löschen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Accept finding</source>
        <translation>Befund annehmen</translation>
    </message>
    <message>
        <source>Reject finding</source>
        <translation>Befund ablehnen</translation>
    </message>
    <message>
        <source>Leave finding undecided</source>
        <translation>Befund offen lassen</translation>
    </message>
    <message>
        <source>Add a box (twice: in the middle)</source>
        <translation>Rahmen hinzufügen (zweimal: in der Mitte)</translation>
    </message>
    <message>
        <source>Exam: pneumonia</source>
        <translation>Untersuchung: Pneumonie</translation>
    </message>
    <message>
        <source>Exam: no pneumonia</source>
        <translation>Untersuchung: keine Pneumonie</translation>
    </message>
    <message>
        <source>Exam: unsure</source>
        <translation>Untersuchung: unklar</translation>
    </message>
    <message>
        <source>Comment on the exam</source>
        <translation>Untersuchung kommentieren</translation>
    </message>
    <message>
        <source>Next finding</source>
        <translation>Nächster Befund</translation>
    </message>
    <message>
        <source>Previous finding</source>
        <translation>Voriger Befund</translation>
    </message>
    <message>
        <source>Next image</source>
        <translation>Nächstes Bild</translation>
    </message>
    <message>
        <source>Previous image</source>
        <translation>Voriges Bild</translation>
    </message>
    <message>
        <source>Next exam</source>
        <translation>Nächste Untersuchung</translation>
    </message>
    <message>
        <source>Previous exam</source>
        <translation>Vorige Untersuchung</translation>
    </message>
    <message>
        <source>Raise the threshold by 0.01</source>
        <translation>Schwellenwert um 0,01 erhöhen</translation>
    </message>
    <message>
        <source>Lower the threshold by 0.01</source>
        <translation>Schwellenwert um 0,01 senken</translation>
    </message>
    <message>
        <source>Raise the threshold by 0.05</source>
        <translation>Schwellenwert um 0,05 erhöhen</translation>
    </message>
    <message>
        <source>Lower the threshold by 0.05</source>
        <translation>Schwellenwert um 0,05 senken</translation>
    </message>
    <message>
        <source>Next operating point</source>
        <translation>Nächster Arbeitspunkt</translation>
    </message>
    <message>
        <source>Reveal</source>
        <translation>Aufdecken</translation>
    </message>
    <message>
        <source>Blinded reading</source>
        <translation>Verblindete Befundung</translation>
    </message>
    <message>
        <source>Reader …</source>
        <translation>Befunder …</translation>
    </message>
    <message>
        <source>Evaluate loaded studies</source>
        <translation>Geladene Studien auswerten</translation>
    </message>
    <message>
        <source>Agreement of readers</source>
        <translation>Übereinstimmung der Befunder</translation>
    </message>
    <message>
        <source>Evaluation page, and back to the image</source>
        <translation>Auswertung, und zurück zum Bild</translation>
    </message>
    <message>
        <source>Next error (FP or FN)</source>
        <translation>Nächster Fehler (FP oder FN)</translation>
    </message>
    <message>
        <source>Previous error</source>
        <translation>Voriger Fehler</translation>
    </message>
    <message>
        <source>Export the evaluation …</source>
        <translation>Auswertung exportieren …</translation>
    </message>
    <message>
        <source>About the model …</source>
        <translation>Über das Modell …</translation>
    </message>
    <message>
        <source>Detect what is left</source>
        <translation>Restliche Bilder detektieren</translation>
    </message>
    <message>
        <source>Detect in this image all the same</source>
        <translation>In dieser Aufnahme trotzdem detektieren</translation>
    </message>
    <message>
        <source>Detect in all declined images</source>
        <translation>In allen abgelehnten Aufnahmen detektieren</translation>
    </message>
    <message>
        <source>Open weights …</source>
        <translation>Gewichte öffnen …</translation>
    </message>
    <message>
        <source>Heat map of the CENTER branch</source>
        <translation>Heatmap des CENTER-Zweigs</translation>
    </message>
    <message>
        <source>Export reviewed studies as a training set …</source>
        <translation>Befundete Studien als Trainingssatz exportieren …</translation>
    </message>
    <message>
        <source>Fine-tune on reviewed studies …</source>
        <translation>Mit befundeten Studien nachtrainieren …</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>Training</translation>
    </message>
    <message>
        <source>Find a command …</source>
        <translation>Befehl suchen …</translation>
    </message>
    <message>
        <source>Keys and mouse</source>
        <translation>Tasten und Maus</translation>
    </message>
    <message>
        <source>Change keys …</source>
        <translation>Tasten ändern …</translation>
    </message>
    <message>
        <source>About …</source>
        <translation>Über …</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>Befundung</translation>
    </message>
    <message>
        <source>Evaluation</source>
        <translation>Auswertung</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>Hilfe</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Export</translation>
    </message>
    <message>
        <source>Layout</source>
        <translation>Anordnung</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fensterung</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>Messung</translation>
    </message>
    <message>
        <source>Selected box</source>
        <translation>Gewählter Rahmen</translation>
    </message>
    <message>
        <source>Left drag</source>
        <translation>Links ziehen</translation>
    </message>
    <message>
        <source>window (right: wider) and level (up: brighter)</source>
        <translation>Fensterbreite (rechts: breiter) und -lage (hoch: heller)</translation>
    </message>
    <message>
        <source>Left click on a box</source>
        <translation>Klick auf einen Rahmen</translation>
    </message>
    <message>
        <source>select the finding</source>
        <translation>Befund wählen</translation>
    </message>
    <message>
        <source>Left drag on a box</source>
        <translation>Links ziehen auf Rahmen</translation>
    </message>
    <message>
        <source>move it; at an edge of the selected one, resize it</source>
        <translation>verschieben; am Rand des gewählten: Größe ändern</translation>
    </message>
    <message>
        <source>Middle or Shift + left drag</source>
        <translation>Mitte oder Umschalt + links</translation>
    </message>
    <message>
        <source>pan</source>
        <translation>verschieben</translation>
    </message>
    <message>
        <source>Right drag; right click</source>
        <translation>Rechts ziehen; Rechtsklick</translation>
    </message>
    <message>
        <source>zoom; menu</source>
        <translation>zoomen; Menü</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>Mausrad</translation>
    </message>
    <message>
        <source>zoom at the cursor, or scroll frames</source>
        <translation>am Zeiger zoomen oder Frames durchblättern</translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation>Strg + Mausrad</translation>
    </message>
    <message>
        <source>zoom</source>
        <translation>zoomen</translation>
    </message>
    <message>
        <source>Ctrl + drag</source>
        <translation>Strg + ziehen</translation>
    </message>
    <message>
        <source>window from the region</source>
        <translation>Fensterung aus dem Bereich</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>maximise the viewport, a single one over the panels; again: restore</source>
        <translation>Bildfenster maximieren, ein einzelnes über die Leisten; nochmals: zurück</translation>
    </message>
    <message>
        <source>Drag from the worklist</source>
        <translation>Ziehen aus der Arbeitsliste</translation>
    </message>
    <message>
        <source>show the image in that viewport</source>
        <translation>Bild in diesem Bildfenster zeigen</translation>
    </message>
    <message>
        <source>Ctrl + double click</source>
        <translation>Strg + Doppelklick</translation>
    </message>
    <message>
        <source>reset the window</source>
        <translation>Fensterung zurücksetzen</translation>
    </message>
    <message>
        <source>Drag on a measurement</source>
        <translation>Ziehen auf einer Messung</translation>
    </message>
    <message>
        <source>move it, or one of its ends; Delete deletes it</source>
        <translation>verschieben, oder eines ihrer Enden; Entf löscht sie</translation>
    </message>
    <message>
        <source>Ctrl + H, held</source>
        <translation>Strg + H, gehalten</translation>
    </message>
    <message>
        <source>hide all boxes</source>
        <translation>alle Rahmen ausblenden</translation>
    </message>
    <message>
        <source>An error inside the program ({kind} in {file}). Your verdicts are safe; View → Log says more.</source>
        <translation>Ein Fehler im Programm ({kind} in {file}). Ihre Urteile sind sicher; Ansicht → Protokoll sagt mehr.</translation>
    </message>
    <message>
        <source>Mouse</source>
        <translation>Maus</translation>
    </message>
    <message>
        <source>&lt;p&gt;Review chest radiographs with an embedded anchor-free pneumonia detector, after Wu et al., &lt;i&gt;Pneumonia detection based on RSNA dataset and anchor-free deep learning detector&lt;/i&gt;, Scientific Reports 14:1929 (2024).&lt;/p&gt;&lt;p&gt;&lt;b&gt;For research use only. Not a medical device.&lt;/b&gt;&lt;/p&gt;&lt;p&gt;Demo studies: NIH ChestX-ray14, with thanks to the NIH Clinical Center (Wang et al., CVPR 2017).&lt;/p&gt;</source>
        <translation>&lt;p&gt;Befundung von Thoraxaufnahmen mit einem eingebauten ankerfreien Pneumoniedetektor, nach Wu et al., &lt;i&gt;Pneumonia detection based on RSNA dataset and anchor-free deep learning detector&lt;/i&gt;, Scientific Reports 14:1929 (2024).&lt;/p&gt;&lt;p&gt;&lt;b&gt;Nur für die Forschung. Kein Medizinprodukt.&lt;/b&gt;&lt;/p&gt;&lt;p&gt;Beispielstudien: NIH ChestX-ray14, mit Dank an das NIH Clinical Center (Wang et al., CVPR 2017).&lt;/p&gt;</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Über</translation>
    </message>
    <message>
        <source>false positive</source>
        <translation>falsch positiv</translation>
    </message>
    <message>
        <source>missed box</source>
        <translation>übersehener Rahmen</translation>
    </message>
    <message>
        <source>Blinded reading: the list of errors waits until all is revealed. Still hidden: {count}.</source>
        <translation>Verblindete Befundung: Die Fehlerliste wartet, bis alles aufgedeckt ist. Noch verdeckt: {count}.</translation>
    </message>
    <message>
        <source>No error at the threshold of {threshold:.2f}.</source>
        <translation>Kein Fehler beim Schwellenwert {threshold:.2f}.</translation>
    </message>
    <message>
        <source>No scored image has a known truth. File → Load ground truth brings it.</source>
        <translation>Zu keinem bewerteten Bild ist die Referenz bekannt. Datei → Referenz laden holt sie.</translation>
    </message>
    <message>
        <source>never found</source>
        <translation>nie gefunden</translation>
    </message>
    <message>
        <source>score {score:.2f}</source>
        <translation>Score {score:.2f}</translation>
    </message>
    <message>
        <source>Error {number} of {count}: {kind}, {score}.</source>
        <translation>Fehler {number} von {count}: {kind}, {score}.</translation>
    </message>
    <message>
        <source>Looking for errors …</source>
        <translation>Fehler werden gesucht …</translation>
    </message>
    <message>
        <source>The studies have changed meanwhile: ask for the error again.</source>
        <translation>Die Studien haben sich inzwischen geändert: Fordern Sie den Fehler erneut an.</translation>
    </message>
    <message>
        <source>Open studies first, then evaluate them.</source>
        <translation>Öffnen Sie erst Studien, dann werten Sie sie aus.</translation>
    </message>
    <message>
        <source>Blinded reading: evaluation waits until all is revealed. Still hidden: {count}.</source>
        <translation>Verblindete Befundung: Die Auswertung wartet, bis alles aufgedeckt ist. Noch verdeckt: {count}.</translation>
    </message>
    <message>
        <source>There is no model whose findings could be evaluated.</source>
        <translation>Es gibt kein Modell, dessen Befunde ausgewertet werden könnten.</translation>
    </message>
    <message>
        <source>Evaluation cancelled. The detector goes on in the background.</source>
        <translation>Auswertung abgebrochen. Der Detektor arbeitet im Hintergrund weiter.</translation>
    </message>
    <message>
        <source>Choose two different models or readers.</source>
        <translation>Wählen Sie zwei verschiedene Modelle oder Befunder.</translation>
    </message>
    <message>
        <source>Blinded reading: the comparison waits until all is revealed. Still hidden: {count}.</source>
        <translation>Verblindete Befundung: Der Vergleich wartet, bis alles aufgedeckt ist. Noch verdeckt: {count}.</translation>
    </message>
    <message>
        <source>Comparison cancelled.</source>
        <translation>Vergleich abgebrochen.</translation>
    </message>
    <message>
        <source>No open image has a known truth and an answer of both.</source>
        <translation>Zu keinem offenen Bild gibt es eine Referenz und eine Antwort von beiden.</translation>
    </message>
    <message>
        <source>true positive</source>
        <translation>richtig positiv</translation>
    </message>
    <message>
        <source>true negative</source>
        <translation>richtig negativ</translation>
    </message>
    <message>
        <source>false negative</source>
        <translation>falsch negativ</translation>
    </message>
    <message>
        <source>Evaluate again</source>
        <translation>Neu auswerten</translation>
    </message>
    <message>
        <source>Export …</source>
        <translation>Exportieren …</translation>
    </message>
    <message>
        <source>Back to the image</source>
        <translation>Zurück zum Bild</translation>
    </message>
    <message>
        <source>Export the evaluation</source>
        <translation>Auswertung exportieren</translation>
    </message>
    <message>
        <source>PDF report (*.pdf)</source>
        <translation>PDF-Bericht (*.pdf)</translation>
    </message>
    <message>
        <source>negative → positive</source>
        <translation>negativ → positiv</translation>
    </message>
    <message>
        <source>positive → negative</source>
        <translation>positiv → negativ</translation>
    </message>
    <message>
        <source>pneumonia</source>
        <translation>Pneumonie</translation>
    </message>
    <message>
        <source>no pneumonia</source>
        <translation>keine Pneumonie</translation>
    </message>
    <message>
        <source>Written to {folder}: {files}.</source>
        <translation>Nach {folder} geschrieben: {files}.</translation>
    </message>
    <message>
        <source>Export cancelled.</source>
        <translation>Export abgebrochen.</translation>
    </message>
    <message>
        <source>{earlier} and {later} disagree on {n} image; {later} counts.</source>
        <translation>{earlier} und {later} widersprechen sich bei {n} Bild; {later} gilt.</translation>
    </message>
    <message>
        <source>{earlier} and {later} disagree on {n} images; {later} counts.</source>
        <translation>{earlier} und {later} widersprechen sich bei {n} Bildern; {later} gilt.</translation>
    </message>
    <message>
        <source>Reviews taken over: {count}.</source>
        <translation>Befunde übernommen: {count}.</translation>
    </message>
    <message>
        <source>Reviewed here before, and left as they are: {count}.</source>
        <translation>Hier schon befundet und so belassen: {count}.</translation>
    </message>
    <message>
        <source>Another reader&apos;s, and left out: {count}.</source>
        <translation>Von einem anderen Befunder und ausgelassen: {count}.</translation>
    </message>
    <message>
        <source>Verdicts on findings that the active model does not have, left out: {count}.</source>
        <translation>Urteile über Befunde, die das aktive Modell nicht hat, ausgelassen: {count}.</translation>
    </message>
    <message>
        <source>No exam is reviewed to its end; {open} are open.</source>
        <translation>Keine Untersuchung ist zu Ende befundet; {open} sind offen.</translation>
    </message>
    <message>
        <source>{exams} reviewed exams of {patients} patients: {positives} with boxes, {others} without. {open} not reviewed to their end are left out.</source>
        <translation>{exams} befundete Untersuchungen von {patients} Patienten: {positives} mit Rahmen, {others} ohne. {open} nicht zu Ende befundete bleiben weg.</translation>
    </message>
    <message>
        <source>Open studies first, then export them.</source>
        <translation>Öffnen Sie erst Studien, dann exportieren Sie sie.</translation>
    </message>
    <message>
        <source>There is no image on the screen to save.</source>
        <translation>Auf dem Bildschirm ist kein Bild zum Speichern.</translation>
    </message>
    <message>
        <source>Save the view</source>
        <translation>Ansicht speichern</translation>
    </message>
    <message>
        <source>PNG picture (*.png)</source>
        <translation>PNG-Bild (*.png)</translation>
    </message>
    <message>
        <source>{path}: the view as it was on the screen, its texts included. Research use only.</source>
        <translation>{path}: die Ansicht, wie sie auf dem Bildschirm war, samt ihren Texten. Nur für die Forschung.</translation>
    </message>
    <message>
        <source>Open the studies first, then take over their reviews.</source>
        <translation>Öffnen Sie erst die Studien, dann übernehmen Sie deren Befunde.</translation>
    </message>
    <message>
        <source>Take over my reviews</source>
        <translation>Eigene Befunde übernehmen</translation>
    </message>
    <message>
        <source>Reports (*.dcm *.csv);;All files (*)</source>
        <translation>Berichte (*.dcm *.csv);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Blinded reading: earlier reviews wait until all is revealed.</source>
        <translation>Verblindete Befundung: Frühere Befunde warten, bis alles aufgedeckt ist.</translation>
    </message>
    <message>
        <source>Structured reports (DICOM SR, TID 1500)</source>
        <translation>Strukturierte Berichte (DICOM SR, TID 1500)</translation>
    </message>
    <message>
        <source>Presentation states (DICOM GSPS)</source>
        <translation>Präsentationszustände (DICOM GSPS)</translation>
    </message>
    <message>
        <source>Boxes as COCO JSON</source>
        <translation>Rahmen als COCO JSON</translation>
    </message>
    <message>
        <source>Table of all findings (CSV)</source>
        <translation>Tabelle aller Befunde (CSV)</translation>
    </message>
    <message>
        <source>Submission to the RSNA challenge (CSV)</source>
        <translation>Einreichung zur RSNA-Challenge (CSV)</translation>
    </message>
    <message>
        <source>Report with pictures (PDF)</source>
        <translation>Bericht mit Bildern (PDF)</translation>
    </message>
    <message>
        <source>Images without identities (DICOM)</source>
        <translation>Bilder ohne Identität (DICOM)</translation>
    </message>
    <message>
        <source>Reports, states and PDF name the patient and the reader; comments are written as they are. Everything says “research use only”.</source>
        <translation>Berichte, Zustände und PDF nennen Patient und Befunder; Kommentare stehen darin, wie sie sind. Alles trägt „research use only“.</translation>
    </message>
    <message>
        <source>By the basic profile of DICOM PS3.15: all that is exported names neither patient nor reader, leaves comments out and refers to the new images. Text that is burned into pixels stays. Everything says “research use only”.</source>
        <translation>Nach dem Basisprofil von DICOM PS3.15: Nichts davon nennt Patient oder Befunder, Kommentare fehlen, und alles bezieht sich auf die neuen Bilder. In Pixel eingebrannter Text bleibt. Alles trägt „research use only“.</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Folder of the export</source>
        <translation>Ordner des Exports</translation>
    </message>
    <message>
        <source>Browse …</source>
        <translation>Durchsuchen …</translation>
    </message>
    <message>
        <source>Replace files that are there</source>
        <translation>Vorhandene Dateien ersetzen</translation>
    </message>
    <message>
        <source>EXAMS</source>
        <translation>UNTERSUCHUNGEN</translation>
    </message>
    <message>
        <source>FORMS</source>
        <translation>FORMEN</translation>
    </message>
    <message>
        <source>FOLDER</source>
        <translation>ORDNER</translation>
    </message>
    <message>
        <source>Export to</source>
        <translation>Exportieren nach</translation>
    </message>
    <message>
        <source>structured reports</source>
        <translation>strukturierte Berichte</translation>
    </message>
    <message>
        <source>presentation states</source>
        <translation>Präsentationszustände</translation>
    </message>
    <message>
        <source>images without identities</source>
        <translation>Bilder ohne Identität</translation>
    </message>
    <message>
        <source>The current image</source>
        <translation>Aktuelles Bild</translation>
    </message>
    <message>
        <source>Reviewed exams</source>
        <translation>Befundete Untersuchungen</translation>
    </message>
    <message>
        <source>All open exams</source>
        <translation>Alle offenen Untersuchungen</translation>
    </message>
    <message>
        <source>An export is under way already. Wait for its end, or stop it.</source>
        <translation>Ein Export läuft bereits. Warten Sie auf sein Ende oder halten Sie ihn an.</translation>
    </message>
    <message>
        <source>There is nothing to export: no exam is open that was asked for.</source>
        <translation>Es gibt nichts zu exportieren: Keine der gewünschten Untersuchungen ist offen.</translation>
    </message>
    <message>
        <source>Export stopped. Images written to {folder}: {done} of {total}.</source>
        <translation>Export angehalten. Nach {folder} geschriebene Bilder: {done} von {total}.</translation>
    </message>
    <message>
        <source>Export to {folder} ended after {written} of {total} images: {reason}</source>
        <translation>Der Export nach {folder} endete nach {written} von {total} Bildern: {reason}</translation>
    </message>
    <message>
        <source>Export to {folder}: {reason}</source>
        <translation>Export nach {folder}: {reason}</translation>
    </message>
    <message>
        <source>Nothing was exported. {reason}</source>
        <translation>Nichts wurde exportiert. {reason}</translation>
    </message>
    <message>
        <source>Exported to {folder}: {forms}. Research use only.</source>
        <translation>Nach {folder} exportiert: {forms}. Nur für die Forschung.</translation>
    </message>
    <message>
        <source>{file} leaves out what is not reviewed to its end: {count}.</source>
        <translation>{file} lässt aus, was nicht zu Ende befundet ist: {count}.</translation>
    </message>
    <message>
        <source>Images whose files do not deny that names are burned into the pixels: {count}. Look at them before you pass them on.</source>
        <translation>Bilder, deren Dateien nicht ausschließen, dass Namen in die Pixel eingebrannt sind: {count}. Sehen Sie sie an, bevor Sie sie weitergeben.</translation>
    </message>
    <message>
        <source>Left out: {count}, for instance {first}</source>
        <translation>Ausgelassen: {count}, zum Beispiel {first}</translation>
    </message>
    <message>
        <source>Exported in part: {count}, for instance {first}</source>
        <translation>Teilweise exportiert: {count}, zum Beispiel {first}</translation>
    </message>
    <message>
        <source>unknown patient</source>
        <translation>unbekannter Patient</translation>
    </message>
    <message>
        <source>{years} y</source>
        <translation>{years} J</translation>
    </message>
    <message>
        <source>{months:.0f} mo</source>
        <translation>{months:.0f} Mon</translation>
    </message>
    <message>
        <source>date unknown</source>
        <translation>Datum unbekannt</translation>
    </message>
    <message>
        <source>picture without DICOM facts</source>
        <translation>Bild ohne DICOM-Angaben</translation>
    </message>
    <message>
        <source>image</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Windows of the file</source>
        <translation>Fensterungen der Datei</translation>
    </message>
    <message>
        <source>Detector is restarting</source>
        <translation>Detektor startet neu</translation>
    </message>
    <message>
        <source>Detector is starting</source>
        <translation>Detektor startet</translation>
    </message>
    <message>
        <source>The detector cannot be started because of a fault in this program; see the log.</source>
        <translation>Der Detektor kann wegen eines Fehlers in diesem Programm nicht starten; siehe Protokoll.</translation>
    </message>
    <message>
        <source>ends the decoder</source>
        <translation>beendet den Decoder</translation>
    </message>
    <message>
        <source>fault in this program</source>
        <translation>Fehler in diesem Programm</translation>
    </message>
    <message>
        <source>A fault in this program prevents reading it; see the log.</source>
        <translation>Ein Fehler in diesem Programm verhindert das Lesen; siehe Protokoll.</translation>
    </message>
    <message>
        <source>The decoding process ended unexpectedly or stood still while reading it, twice; the file may be damaged or the decoder faulty.</source>
        <translation>Der Decoder endete beim Lesen zweimal unerwartet oder blieb stehen; die Datei ist vielleicht beschädigt oder der Decoder fehlerhaft.</translation>
    </message>
    <message>
        <source>The network process ended unexpectedly or stood still, twice; try again, or see the log of the server.</source>
        <translation>Der Netzwerkprozess endete unerwartet oder stand still, zweimal; versuchen Sie es erneut oder sehen Sie ins Protokoll des Servers.</translation>
    </message>
    <message>
        <source>The detector process ended unexpectedly while working on it, twice; memory may have run out or the graphics driver may be faulty.</source>
        <translation>Der Detektor endete bei der Arbeit daran zweimal unerwartet; vielleicht fehlte Speicher oder der Grafiktreiber ist fehlerhaft.</translation>
    </message>
    <message>
        <source>it wrote nothing.</source>
        <translation>es schrieb nichts.</translation>
    </message>
    <message>
        <source>Everywhere</source>
        <translation>Überall</translation>
    </message>
    <message>
        <source>While reading</source>
        <translation>Beim Befunden</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Filter by command or key …</source>
        <translation>Nach Befehl oder Taste filtern …</translation>
    </message>
    <message>
        <source>Filter the commands</source>
        <translation>Befehle filtern</translation>
    </message>
    <message>
        <source>Set</source>
        <translation>Setzen</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>Hinzufügen</translation>
    </message>
    <message>
        <source>No key</source>
        <translation>Keine Taste</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Commands and their keys</source>
        <translation>Befehle und ihre Tasten</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Works</source>
        <translation>Gilt</translation>
    </message>
    <message>
        <source>New key</source>
        <translation>Neue Taste</translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation>Alle zurücksetzen</translation>
    </message>
    <message>
        <source>{key} is the key of: {commands}.</source>
        <translation>{key} ist die Taste von: {commands}.</translation>
    </message>
    <message>
        <source>Empty viewport</source>
        <translation>Leeres Bildfenster</translation>
    </message>
    <message>
        <source>Drag an image here from the worklist, or choose View → Layout → Compare with prior.</source>
        <translation>Ziehen Sie ein Bild aus der Arbeitsliste hierher oder wählen Sie Ansicht → Anordnung → Mit Voruntersuchung vergleichen.</translation>
    </message>
    <message>
        <source>No prior</source>
        <translation>Keine Voruntersuchung</translation>
    </message>
    <message>
        <source>This image names no patient id, so no exam is surely the same patient&apos;s.</source>
        <translation>Dieses Bild nennt keine Patienten-ID; keine Untersuchung ist daher sicher vom selben Patienten.</translation>
    </message>
    <message>
        <source>No other exam of this patient is open.</source>
        <translation>Keine andere Untersuchung dieses Patienten ist offen.</translation>
    </message>
    <message>
        <source>No further exam</source>
        <translation>Keine weitere Untersuchung</translation>
    </message>
    <message>
        <source>All open exams of this patient are shown.</source>
        <translation>Alle offenen Untersuchungen dieses Patienten werden gezeigt.</translation>
    </message>
    <message>
        <source>Another file has the same SOP Instance UID but says otherwise: {path}.</source>
        <translation>Eine andere Datei hat dieselbe SOP Instance UID, aber andere Angaben: {path}.</translation>
    </message>
    <message>
        <source>OTHER EXAM · order unknown</source>
        <translation>ANDERE UNTERSUCHUNG · Reihenfolge unbekannt</translation>
    </message>
    <message>
        <source>OTHER EXAM · same day</source>
        <translation>ANDERE UNTERSUCHUNG · selber Tag</translation>
    </message>
    <message>
        <source>PRIOR · {interval} earlier</source>
        <translation>VORUNTERSUCHUNG · {interval} früher</translation>
    </message>
    <message>
        <source>LATER EXAM · {interval} later</source>
        <translation>SPÄTERE UNTERSUCHUNG · {interval} später</translation>
    </message>
    <message>
        <source>{days} d</source>
        <translation>{days} T</translation>
    </message>
    <message>
        <source>{months} m</source>
        <translation>{months} Mon</translation>
    </message>
    <message>
        <source>{years} y {months} m</source>
        <translation>{years} J {months} Mon</translation>
    </message>
    <message>
        <source>This file is a picture. It has no DICOM elements.</source>
        <translation>Diese Datei ist ein Bild. Sie hat keine DICOM-Elemente.</translation>
    </message>
    <message>
        <source>The file is damaged: none of its elements could be read.</source>
        <translation>Die Datei ist beschädigt: Keines ihrer Elemente war lesbar.</translation>
    </message>
    <message>
        <source>Open a folder of radiographs</source>
        <translation>Ordner mit Aufnahmen öffnen</translation>
    </message>
    <message>
        <source>Open radiographs</source>
        <translation>Aufnahmen öffnen</translation>
    </message>
    <message>
        <source>Load ground truth</source>
        <translation>Referenz laden</translation>
    </message>
    <message>
        <source>Ground truth and reports (*.csv *.json *.dcm);;All files (*)</source>
        <translation>Referenzen und Berichte (*.csv *.json *.dcm);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>No radiograph yet</source>
        <translation>Noch keine Aufnahme</translation>
    </message>
    <message>
        <source>The worklist says why each of the files cannot be shown.</source>
        <translation>Die Arbeitsliste sagt zu jeder Datei, warum sie nicht gezeigt werden kann.</translation>
    </message>
    <message>
        <source>Open {folder} again</source>
        <translation>{folder} wieder öffnen</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Protokoll zeigen</translation>
    </message>
    <message>
        <source>The program ended unexpectedly. Every verdict that was on the screen is there.</source>
        <translation>Das Programm endete unerwartet. Jedes Urteil, das auf dem Bildschirm stand, ist da.</translation>
    </message>
    <message>
        <source>Open weights</source>
        <translation>Gewichte öffnen</translation>
    </message>
    <message>
        <source>Weights (*{suffix});;All files (*)</source>
        <translation>Gewichte (*{suffix});;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>There is nothing to export. {why}</source>
        <translation>Es gibt nichts zu exportieren. {why}</translation>
    </message>
    <message>
        <source>Export reviewed studies as a training set</source>
        <translation>Befundete Studien als Trainingssatz exportieren</translation>
    </message>
    <message>
        <source>The demo studies are never trained on.</source>
        <translation>Mit den Beispielstudien wird nie trainiert.</translation>
    </message>
    <message>
        <source>{model} is trained. Choose it in the list of models.</source>
        <translation>{model} ist trainiert. Wählen Sie es in der Liste der Modelle.</translation>
    </message>
    <message>
        <source>Loading {model} …</source>
        <translation>{model} wird geladen …</translation>
    </message>
    <message>
        <source>{model} makes the boxes now; verdicts on others are kept.</source>
        <translation>{model} macht nun die Rahmen; Urteile über andere bleiben erhalten.</translation>
    </message>
    <message>
        <source>{reason} {model} stays.</source>
        <translation>{reason} {model} bleibt.</translation>
    </message>
    <message>
        <source>{kappa}  (interval unknown)</source>
        <translation>{kappa}  (Intervall unbekannt)</translation>
    </message>
    <message>
        <source>{kappa}  ({low} to {high})</source>
        <translation>{kappa}  ({low} bis {high})</translation>
    </message>
    <message>
        <source>Boxes with a partner, IoU 0.5</source>
        <translation>Rahmen mit Partner, IoU 0,5</translation>
    </message>
    <message>
        <source>Exams on which readers differ</source>
        <translation>Untersuchungen, bei denen sich die Befunder unterscheiden</translation>
    </message>
    <message>
        <source>Kappa is agreement beyond chance on pneumonia, no pneumonia and unsure: Cohen&apos;s for two readers, with the standard error of Fleiss, Cohen and Everitt (1969); Fleiss&apos; for more, with the variance of Gwet (2021). Intervals are ± 1.96 standard errors. Only exams that all chosen readers have judged count. For research use only.</source>
        <translation>Kappa ist die Übereinstimmung über den Zufall hinaus zu Pneumonie, keine Pneumonie und unklar: für zwei Befunder nach Cohen, mit dem Standardfehler von Fleiss, Cohen und Everitt (1969); für mehr nach Fleiss, mit der Varianz von Gwet (2021). Intervalle sind ± 1,96 Standardfehler. Nur Untersuchungen, die alle gewählten Befunder beurteilt haben, zählen. Nur für die Forschung.</translation>
    </message>
    <message>
        <source>Compare {reader}, who has judged {n} exam</source>
        <translation>{reader} vergleichen, mit Urteil zu {n} Untersuchung</translation>
    </message>
    <message>
        <source>Compare {reader}, who has judged {n} exams</source>
        <translation>{reader} vergleichen, mit Urteil zu {n} Untersuchungen</translation>
    </message>
    <message>
        <source>Choose two readers or more.</source>
        <translation>Wählen Sie zwei oder mehr Befunder.</translation>
    </message>
    <message>
        <source>There is no exam that all of these readers have judged.</source>
        <translation>Keine Untersuchung wurde von allen diesen Befundern beurteilt.</translation>
    </message>
    <message>
        <source>{n} exam</source>
        <translation>{n} Untersuchung</translation>
    </message>
    <message>
        <source>{n} exams</source>
        <translation>{n} Untersuchungen</translation>
    </message>
    <message>
        <source>{exams} judged by all of {readers}.</source>
        <translation>{exams}, beurteilt von allen: {readers}.</translation>
    </message>
    <message>
        <source>{exams} judged by all of {readers}; {left_out} judged only by some.</source>
        <translation>{exams}, beurteilt von allen: {readers}; {left_out} nur von einigen beurteilt.</translation>
    </message>
    <message>
        <source>Cohen&apos;s kappa, with its 95 % interval</source>
        <translation>Kappa nach Cohen, mit 95-%-Intervall</translation>
    </message>
    <message>
        <source>Fleiss&apos; kappa, with its 95 % interval</source>
        <translation>Kappa nach Fleiss, mit 95-%-Intervall</translation>
    </message>
    <message>
        <source>undefined: every verdict is the same</source>
        <translation>nicht definiert: alle Urteile sind gleich</translation>
    </message>
    <message>
        <source>{observed:.0f} % agree; by chance {expected:.0f} %</source>
        <translation>{observed:.0f} % stimmen überein; zufällig {expected:.0f} %</translation>
    </message>
    <message>
        <source>no boxes</source>
        <translation>keine Rahmen</translation>
    </message>
    <message>
        <source>{part}; their mean IoU is {iou:.2f}</source>
        <translation>{part}; ihre mittlere IoU ist {iou:.2f}</translation>
    </message>
    <message>
        <source>EXAMS ON WHICH THEY DIFFER ({count})</source>
        <translation>UNTERSUCHUNGEN MIT UNTERSCHIEDEN ({count})</translation>
    </message>
    <message>
        <source>Exam</source>
        <translation>Fall</translation>
    </message>
    <message>
        <source>Partnered boxes</source>
        <translation>Rahmen mit Partner</translation>
    </message>
    <message>
        <source>Open the exam</source>
        <translation>Untersuchung öffnen</translation>
    </message>
    <message>
        <source>Open {exam}</source>
        <translation>{exam} öffnen</translation>
    </message>
    <message>
        <source>{part} of {whole}</source>
        <translation>{part} von {whole}</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Evaluation of the loaded studies</source>
        <translation>Auswertung der geladenen Studien</translation>
    </message>
    <message>
        <source>Truth</source>
        <translation>Referenz</translation>
    </message>
    <message>
        <source>What counts as right: the loaded ground truth, or what a reader accepted. A reader who chose among a model&apos;s boxes flatters that model.</source>
        <translation>Was als richtig gilt: die geladene Referenz oder was ein Befunder angenommen hat. Ein Befunder, der unter den Rahmen eines Modells wählte, schmeichelt diesem Modell.</translation>
    </message>
    <message>
        <source>Evaluation progress</source>
        <translation>Fortschritt der Auswertung</translation>
    </message>
    <message>
        <source>In %, with 95 % intervals over patients.</source>
        <translation>In %, mit 95-%-Intervallen über Patienten.</translation>
    </message>
    <message>
        <source>Measures</source>
        <translation>Maße</translation>
    </message>
    <message>
        <source>Subgroups</source>
        <translation>Untergruppen</translation>
    </message>
    <message>
        <source>Comparison</source>
        <translation>Vergleich</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>Schwellenwert</translation>
    </message>
    <message>
        <source>Waiting for the detector: {scored} of {total} images are scored.</source>
        <translation>Warten auf den Detektor: {scored} von {total} Bildern sind bewertet.</translation>
    </message>
    <message>
        <source>Measuring …</source>
        <translation>Wird gemessen …</translation>
    </message>
    <message>
        <source>Writing the report: {done} of {total} steps.</source>
        <translation>Der Bericht wird geschrieben: {done} von {total} Schritten.</translation>
    </message>
    <message>
        <source>⚠ The studies or verdicts have changed since: evaluate again.</source>
        <translation>⚠ Studien oder Urteile haben sich seither geändert: Werten Sie neu aus.</translation>
    </message>
    <message>
        <source>No exam has a true box: AP, recall, FROC and AUROC are undefined.</source>
        <translation>Keine Untersuchung hat einen wahren Rahmen: AP, Recall, FROC und AUROC sind nicht definiert.</translation>
    </message>
    <message>
        <source>Every exam has a true box: AUROC and AUPRC are undefined.</source>
        <translation>Jede Untersuchung hat einen wahren Rahmen: AUROC und AUPRC sind nicht definiert.</translation>
    </message>
    <message>
        <source>The exams of one patient give no intervals.</source>
        <translation>Die Untersuchungen eines einzigen Patienten ergeben keine Intervalle.</translation>
    </message>
    <message>
        <source>{exams} of {patients}, {positives} with {boxes}; {detections} by {model}. {files} left out.</source>
        <translation>{exams} von {patients}, {positives} mit {boxes}; {detections} von {model}. {files} ausgelassen.</translation>
    </message>
    <message>
        <source>{n} patient</source>
        <translation>{n} Patient</translation>
    </message>
    <message>
        <source>{n} patients</source>
        <translation>{n} Patienten</translation>
    </message>
    <message>
        <source>{n} true box</source>
        <translation>{n} wahrem Rahmen</translation>
    </message>
    <message>
        <source>{n} true boxes</source>
        <translation>{n} wahren Rahmen</translation>
    </message>
    <message>
        <source>{n} detection</source>
        <translation>{n} Detektion</translation>
    </message>
    <message>
        <source>{n} detections</source>
        <translation>{n} Detektionen</translation>
    </message>
    <message>
        <source>{n} file</source>
        <translation>{n} Datei</translation>
    </message>
    <message>
        <source>{n} files</source>
        <translation>{n} Dateien</translation>
    </message>
    <message>
        <source>No exam could be evaluated: {reader} has not read any of them. The list of those left out says what is missing.</source>
        <translation>Keine Untersuchung konnte ausgewertet werden: {reader} hat keine davon befundet. Die Liste der ausgelassenen sagt, was fehlt.</translation>
    </message>
    <message>
        <source>No exam could be evaluated. File → Load ground truth says which boxes are right.</source>
        <translation>Keine Untersuchung konnte ausgewertet werden. Datei → Referenz laden sagt, welche Rahmen richtig sind.</translation>
    </message>
    <message>
        <source>Click on the curve to move the threshold there.</source>
        <translation>Ein Klick auf die Kurve setzt den Schwellenwert dorthin.</translation>
    </message>
    <message>
        <source>Recall</source>
        <translation>Recall</translation>
    </message>
    <message>
        <source>Precision</source>
        <translation>Precision</translation>
    </message>
    <message>
        <source>Precision and recall curve</source>
        <translation>Precision-Recall-Kurve</translation>
    </message>
    <message>
        <source>False positives per image</source>
        <translation>Falsch Positive je Bild</translation>
    </message>
    <message>
        <source>Sensitivity</source>
        <translation>Sensitivität</translation>
    </message>
    <message>
        <source>FROC curve</source>
        <translation>FROC-Kurve</translation>
    </message>
    <message>
        <source>PRECISION AND RECALL</source>
        <translation>PRECISION UND RECALL</translation>
    </message>
    <message>
        <source>FROC</source>
        <translation>FROC</translation>
    </message>
    <message>
        <source>recall {x:.2f}, precision {y:.2f}</source>
        <translation>Recall {x:.2f}, Precision {y:.2f}</translation>
    </message>
    <message>
        <source>{x:.2f} false positives per image, sensitivity {y:.2f}</source>
        <translation>{x:.2f} falsch Positive je Bild, Sensitivität {y:.2f}</translation>
    </message>
    <message>
        <source>no box at this threshold, or no true box</source>
        <translation>kein Rahmen bei diesem Schwellenwert oder kein wahrer</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Score</source>
        <translation>Score</translation>
    </message>
    <message>
        <source>Place</source>
        <translation>Lage</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>No error at this threshold.</source>
        <translation>Kein Fehler bei diesem Schwellenwert.</translation>
    </message>
    <message>
        <source>Call</source>
        <translation>Einstufung</translation>
    </message>
    <message>
        <source>Best score</source>
        <translation>Bester Score</translation>
    </message>
    <message>
        <source>Exams whose call changes</source>
        <translation>Untersuchungen, deren Einstufung wechselt</translation>
    </message>
    <message>
        <source>No exam changes its call. A click on a curve moves the threshold.</source>
        <translation>Keine Untersuchung wechselt ihre Einstufung. Ein Klick auf eine Kurve setzt den Schwellenwert.</translation>
    </message>
    <message>
        <source>Exam score</source>
        <translation>Score der Untersuchung</translation>
    </message>
    <message>
        <source>Boxes shown</source>
        <translation>Gezeigte Rahmen</translation>
    </message>
    <message>
        <source>True boxes</source>
        <translation>Wahre Rahmen</translation>
    </message>
    <message>
        <source>All exams</source>
        <translation>Alle Untersuchungen</translation>
    </message>
    <message>
        <source>No exam was evaluated.</source>
        <translation>Keine Untersuchung wurde ausgewertet.</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Grund</translation>
    </message>
    <message>
        <source>Files left out</source>
        <translation>Ausgelassene Dateien</translation>
    </message>
    <message>
        <source>No file was left out.</source>
        <translation>Keine Datei wurde ausgelassen.</translation>
    </message>
    <message>
        <source>Changed calls</source>
        <translation>Wechsel</translation>
    </message>
    <message>
        <source>Left out</source>
        <translation>Ausgelassen</translation>
    </message>
    <message>
        <source>Errors ({count})</source>
        <translation>Fehler ({count})</translation>
    </message>
    <message>
        <source>Changed calls ({count})</source>
        <translation>Wechsel ({count})</translation>
    </message>
    <message>
        <source>Changed calls {before:.2f} → {after:.2f} ({count})</source>
        <translation>Wechsel {before:.2f} → {after:.2f} ({count})</translation>
    </message>
    <message>
        <source>All exams ({count})</source>
        <translation>Alle Untersuchungen ({count})</translation>
    </message>
    <message>
        <source>Left out ({count})</source>
        <translation>Ausgelassen ({count})</translation>
    </message>
    <message>
        <source>Exam sensitivity</source>
        <translation>Sensitivität je Untersuchung</translation>
    </message>
    <message>
        <source>Exam specificity</source>
        <translation>Spezifität je Untersuchung</translation>
    </message>
    <message>
        <source>Box sensitivity</source>
        <translation>Sensitivität je Rahmen</translation>
    </message>
    <message>
        <source>AP: average precision; AR10: recall of an exam&apos;s ten best boxes; both at IoU 0.5. M, L: boxes of 32² to 96² pixels and larger ones, with the longer side of the image at 512. FROC: mean sensitivity at 1/8 to 8 false positives per image. AUROC, AUPRC: exams with pneumonia told from those without. For research use only.</source>
        <translation>AP: mittlere Precision; AR10: Recall der zehn besten Rahmen einer Untersuchung; beide bei IoU 0,5. M, L: Rahmen von 32² bis 96² Pixel und größere, die längere Bildseite zu 512 gerechnet. FROC: mittlere Sensitivität bei 1/8 bis 8 falsch Positiven je Bild. AUROC, AUPRC: Untersuchungen mit Pneumonie von denen ohne unterschieden. Nur für die Forschung.</translation>
    </message>
    <message>
        <source>{value} ({low:+.2f} to {high:+.2f})</source>
        <translation>{value} ({low:+.2f} bis {high:+.2f})</translation>
    </message>
    <message>
        <source>Verdicts of {reader}</source>
        <translation>Urteile von {reader}</translation>
    </message>
    <message>
        <source>Exams with pneumonia</source>
        <translation>Mit Pneumonie</translation>
    </message>
    <message>
        <source>Group</source>
        <translation>Gruppe</translation>
    </message>
    <message>
        <source>Positive</source>
        <translation>Positiv</translation>
    </message>
    <message>
        <source>Measuring the subgroups …</source>
        <translation>Die Untergruppen werden gemessen …</translation>
    </message>
    <message>
        <source>All exams of the group, in %, with 95 % intervals over its patients. {mark} fewer than {count} exams: the figures say little.</source>
        <translation>Alle Untersuchungen der Gruppe, in %, mit 95-%-Intervallen über ihre Patienten. {mark} weniger als {count} Untersuchungen: Die Zahlen sagen wenig.</translation>
    </message>
    <message>
        <source>No header states view, sex or age.</source>
        <translation>Kein Header nennt Projektion, Geschlecht oder Alter.</translation>
    </message>
    <message>
        <source>First model or reader</source>
        <translation>Erstes Modell oder erster Befunder</translation>
    </message>
    <message>
        <source>Second model or reader</source>
        <translation>Zweites Modell oder zweiter Befunder</translation>
    </message>
    <message>
        <source>Compare</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Differenz</translation>
    </message>
    <message>
        <source>Differences</source>
        <translation>Differenzen</translation>
    </message>
    <message>
        <source>less</source>
        <translation>minus</translation>
    </message>
    <message>
        <source>A comparison needs two models or readers that know the open images.</source>
        <translation>Ein Vergleich braucht zwei Modelle oder Befunder, die die offenen Bilder kennen.</translation>
    </message>
    <message>
        <source>Both are measured on the exams that both answered.</source>
        <translation>Beide werden an den Untersuchungen gemessen, die beide beantwortet haben.</translation>
    </message>
    <message>
        <source>Comparing …</source>
        <translation>Wird verglichen …</translation>
    </message>
    <message>
        <source>at the threshold, IoU 0.4</source>
        <translation>beim Schwellenwert, IoU 0,4</translation>
    </message>
    <message>
        <source>{first} less {second} on {exams}, truth: {truth}. Paired differences in %, with 95 % intervals over patients; the first four rows at the threshold.</source>
        <translation>{first} minus {second} an {exams}, Referenz: {truth}. Gepaarte Differenzen in %, mit 95-%-Intervallen über Patienten; die ersten vier Zeilen beim Schwellenwert.</translation>
    </message>
    <message>
        <source>Yes</source>
        <translation>Ja</translation>
    </message>
    <message>
        <source>No</source>
        <translation>Nein</translation>
    </message>
    <message>
        <source>Unsure</source>
        <translation>Unklar</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>unsure</source>
        <translation>unklar</translation>
    </message>
    <message>
        <source>Pneumonia</source>
        <translation>Pneumonie</translation>
    </message>
    <message>
        <source>Comment ({key})</source>
        <translation>Kommentar ({key})</translation>
    </message>
    <message>
        <source>Comment</source>
        <translation>Kommentar</translation>
    </message>
    <message>
        <source>undecided</source>
        <translation>offen</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>angenommen</translation>
    </message>
    <message>
        <source>rejected</source>
        <translation>abgelehnt</translation>
    </message>
    <message>
        <source>corrected</source>
        <translation>korrigiert</translation>
    </message>
    <message>
        <source>added</source>
        <translation>hinzugefügt</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>By</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>Number of the finding</source>
        <translation>Nummer des Befunds</translation>
    </message>
    <message>
        <source>The detector&apos;s score</source>
        <translation>Score des Detektors</translation>
    </message>
    <message>
        <source>Side of the patient, and third of the image</source>
        <translation>Seite des Patienten und Drittel des Bildes</translation>
    </message>
    <message>
        <source>Width × height; in mm where the spacing of the pixels and its origin are known</source>
        <translation>Breite × Höhe; in mm, wo der Pixelabstand und seine Herkunft bekannt sind</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>The model or the reader who made the box</source>
        <translation>Das Modell oder der Befunder, von dem der Rahmen stammt</translation>
    </message>
    <message>
        <source>{side} upper</source>
        <translation>{side} oben</translation>
    </message>
    <message>
        <source>{side} middle</source>
        <translation>{side} Mitte</translation>
    </message>
    <message>
        <source>{side} lower</source>
        <translation>{side} unten</translation>
    </message>
    <message>
        <source>Finding {number}, added by the reader</source>
        <translation>Befund {number}, vom Befunder hinzugefügt</translation>
    </message>
    <message>
        <source>Finding {number}, score {score:.2f}, {verdict}</source>
        <translation>Befund {number}, Score {score:.2f}, {verdict}</translation>
    </message>
    <message>
        <source>Finding {number}, score {score:.2f}, {verdict}, below the threshold</source>
        <translation>Befund {number}, Score {score:.2f}, {verdict}, unter dem Schwellenwert</translation>
    </message>
    <message>
        <source>reader</source>
        <translation>Befunder</translation>
    </message>
    <message>
        <source>FINDINGS</source>
        <translation>BEFUNDE</translation>
    </message>
    <message>
        <source>Probability that the exam shows pneumonia, by the detector</source>
        <translation>Wahrscheinlichkeit einer Pneumonie in der Untersuchung, laut Detektor</translation>
    </message>
    <message>
        <source>Accept</source>
        <translation>Annehmen</translation>
    </message>
    <message>
        <source>Reject</source>
        <translation>Ablehnen</translation>
    </message>
    <message>
        <source>Undecided</source>
        <translation>Offen</translation>
    </message>
    <message>
        <source>Reset the threshold to the model&apos;s default</source>
        <translation>Schwellenwert auf die Vorgabe des Modells zurücksetzen</translation>
    </message>
    <message>
        <source>exam  {score:.2f}</source>
        <translation>Untersuchung  {score:.2f}</translation>
    </message>
    <message>
        <source>Nothing has been said or logged yet.</source>
        <translation>Noch wurde nichts gemeldet oder protokolliert.</translation>
    </message>
    <message>
        <source>Copy the log, without the notices, which may name files</source>
        <translation>Protokoll kopieren, ohne die Meldungen, die Dateien nennen können</translation>
    </message>
    <message>
        <source>Copy the log</source>
        <translation>Protokoll kopieren</translation>
    </message>
    <message>
        <source>LOG</source>
        <translation>PROTOKOLL</translation>
    </message>
    <message>
        <source>{time:%H:%M:%S} notice   {text}</source>
        <translation>{time:%H:%M:%S} Meldung   {text}</translation>
    </message>
    <message>
        <source>There is no model.</source>
        <translation>Es gibt kein Modell.</translation>
    </message>
    <message>
        <source>The model: {model}</source>
        <translation>Das Modell: {model}</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>{model}, preset {preset}, {size} px, {fingerprint}, {file}</source>
        <translation>{model}, Preset {preset}, {size} px, {fingerprint}, {file}</translation>
    </message>
    <message>
        <source>Notice</source>
        <translation>Meldung</translation>
    </message>
    <message>
        <source>Close this notice</source>
        <translation>Diese Meldung schließen</translation>
    </message>
    <message>
        <source>Find a command</source>
        <translation>Befehl suchen</translation>
    </message>
    <message>
        <source>Commands found</source>
        <translation>Gefundene Befehle</translation>
    </message>
    <message>
        <source>Drop chest radiographs here</source>
        <translation>Thoraxaufnahmen hier ablegen</translation>
    </message>
    <message>
        <source>DICOM, PNG and JPEG. Nothing leaves this computer unless you send it.</source>
        <translation>DICOM, PNG und JPEG. Nichts verlässt diesen Rechner, außer Sie senden es.</translation>
    </message>
    <message>
        <source>Demo studies</source>
        <translation>Beispielstudien</translation>
    </message>
    <message>
        <source>For research use only. Not a medical device.</source>
        <translation>Nur für die Forschung. Kein Medizinprodukt.</translation>
    </message>
    <message>
        <source>Open a folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>{seconds:.0f} s left</source>
        <translation>noch {seconds:.0f} s</translation>
    </message>
    <message>
        <source>{minutes:.0f} min left</source>
        <translation>noch {minutes:.0f} min</translation>
    </message>
    <message>
        <source>{hours:.1f} h left</source>
        <translation>noch {hours:.1f} h</translation>
    </message>
    <message>
        <source>x {x}  y {y}   stored {stored}   shown {shown}</source>
        <translation>x {x}  y {y}   gespeichert {stored}   gezeigt {shown}</translation>
    </message>
    <message>
        <source>x {x}  y {y}   stored {stored}   modality {value:g}   shown {shown}</source>
        <translation>x {x}  y {y}   gespeichert {stored}   Modalität {value:g}   gezeigt {shown}</translation>
    </message>
    <message>
        <source>Tag</source>
        <translation>Tag</translation>
    </message>
    <message>
        <source>Group and element number</source>
        <translation>Nummer von Gruppe und Element</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Name in the DICOM dictionary; private elements by their creator</source>
        <translation>Name im DICOM-Verzeichnis; private Elemente nach ihrem Urheber</translation>
    </message>
    <message>
        <source>VR</source>
        <translation>VR</translation>
    </message>
    <message>
        <source>Value representation</source>
        <translation>Value Representation</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Value; several are parted by backslashes</source>
        <translation>Wert; mehrere sind durch Backslashes getrennt</translation>
    </message>
    <message>
        <source>DICOM TAGS</source>
        <translation>DICOM-TAGS</translation>
    </message>
    <message>
        <source>Copy value</source>
        <translation>Wert kopieren</translation>
    </message>
    <message>
        <source>Copy row</source>
        <translation>Zeile kopieren</translation>
    </message>
    <message>
        <source>Search tag, keyword, name or value …</source>
        <translation>Tag, Schlüsselwort, Name oder Wert suchen …</translation>
    </message>
    <message>
        <source>Search the DICOM tags</source>
        <translation>DICOM-Tags durchsuchen</translation>
    </message>
    <message>
        <source>{shown:,} of {total:,} elements shown</source>
        <translation>{shown:,} von {total:,} Elementen gezeigt</translation>
    </message>
    <message>
        <source>{n} element</source>
        <translation>{n} Element</translation>
    </message>
    <message>
        <source>{n:,} elements</source>
        <translation>{n:,} Elemente</translation>
    </message>
    <message>
        <source>Score threshold</source>
        <translation>Schwellenwert des Scores</translation>
    </message>
    <message>
        <source>Findings below this score are hidden.</source>
        <translation>Befunde unter diesem Score sind ausgeblendet.</translation>
    </message>
    <message>
        <source>own threshold</source>
        <translation>eigener Schwellenwert</translation>
    </message>
    <message>
        <source>Operating point</source>
        <translation>Arbeitspunkt</translation>
    </message>
    <message>
        <source>Threshold {threshold:g}, chosen on {data}</source>
        <translation>Schwellenwert {threshold:g}, gewählt an {data}</translation>
    </message>
    <message>
        <source>Set the threshold to an operating point of the model.</source>
        <translation>Den Schwellenwert auf einen Arbeitspunkt des Modells setzen.</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>CR and DX</source>
        <translation>CR und DX</translation>
    </message>
    <message>
        <source>CR</source>
        <translation>CR</translation>
    </message>
    <message>
        <source>DX</source>
        <translation>DX</translation>
    </message>
    <message>
        <source>All</source>
        <translation>Alle</translation>
    </message>
    <message>
        <source>Test</source>
        <translation>Testen</translation>
    </message>
    <message>
        <source>Add a server …</source>
        <translation>Server hinzufügen …</translation>
    </message>
    <message>
        <source>Change this server …</source>
        <translation>Diesen Server ändern …</translation>
    </message>
    <message>
        <source>Remove this server</source>
        <translation>Diesen Server entfernen</translation>
    </message>
    <message>
        <source>Patient name</source>
        <translation>Patientenname</translation>
    </message>
    <message>
        <source>Begins with, or * and ?</source>
        <translation>Beginnt mit, oder * und ?</translation>
    </message>
    <message>
        <source>Patient ID</source>
        <translation>Patienten-ID</translation>
    </message>
    <message>
        <source>Whole, or with * and ?</source>
        <translation>Ganz oder mit * und ?</translation>
    </message>
    <message>
        <source>First study date</source>
        <translation>Frühestes Studiendatum</translation>
    </message>
    <message>
        <source>2026-01-31</source>
        <translation>2026-01-31</translation>
    </message>
    <message>
        <source>Last study date</source>
        <translation>Spätestes Studiendatum</translation>
    </message>
    <message>
        <source>2026-12-31</source>
        <translation>2026-12-31</translation>
    </message>
    <message>
        <source>Accession</source>
        <translation>Auftragsnummer</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Patient</source>
        <translation>Patient</translation>
    </message>
    <message>
        <source>Date</source>
        <translation>Datum</translation>
    </message>
    <message>
        <source>Modality</source>
        <translation>Modalität</translation>
    </message>
    <message>
        <source>Images</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>Beschreibung</translation>
    </message>
    <message>
        <source>Studies that were found</source>
        <translation>Gefundene Studien</translation>
    </message>
    <message>
        <source>Retrieve</source>
        <translation>Abrufen</translation>
    </message>
    <message>
        <source>Send files …</source>
        <translation>Dateien senden …</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>See whether the server answers</source>
        <translation>Nachsehen, ob der Server antwortet</translation>
    </message>
    <message>
        <source>Servers ▾</source>
        <translation>Server ▾</translation>
    </message>
    <message>
        <source>Fetch the selected studies and open them in the worklist</source>
        <translation>Die ausgewählten Studien holen und in der Arbeitsliste öffnen</translation>
    </message>
    <message>
        <source>Send reports, presentation states or images to this server</source>
        <translation>Berichte, Darstellungszustände oder Bilder an diesen Server senden</translation>
    </message>
    <message>
        <source>Study date</source>
        <translation>Studiendatum</translation>
    </message>
    <message>
        <source>No server yet</source>
        <translation>Noch kein Server</translation>
    </message>
    <message>
        <source>Add the server of an archive under Servers; nothing is asked before.</source>
        <translation>Fügen Sie unter „Server“ den Server eines Archivs hinzu; vorher wird nichts angefragt.</translation>
    </message>
    <message>
        <source>The {n} newest studies; there are more. Narrow the search.</source>
        <translation>Die {n} neuesten Studien; es gibt mehr. Grenzen Sie die Suche ein.</translation>
    </message>
    <message>
        <source>1 study</source>
        <translation>1 Studie</translation>
    </message>
    <message>
        <source>{n} studies</source>
        <translation>{n} Studien</translation>
    </message>
    <message>
        <source>No study matches. Leave fields empty, or use *.</source>
        <translation>Keine Studie passt. Lassen Sie Felder leer oder verwenden Sie *.</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Write dates as year-month-day, for instance 2026-01-31.</source>
        <translation>Schreiben Sie ein Datum als Jahr-Monat-Tag, zum Beispiel 2026-01-31.</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>TRAINING</source>
        <translation>TRAINING</translation>
    </message>
    <message>
        <source>Name of the new model</source>
        <translation>Name des neuen Modells</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Held out for judging</source>
        <translation>Zum Beurteilen zurückgehalten</translation>
    </message>
    <message>
        <source>Patients of this fold are not trained on; AP is measured on them</source>
        <translation>Mit Patienten dieser Gruppe wird nicht trainiert; an ihnen wird AP gemessen</translation>
    </message>
    <message>
        <source>Saves the step; Resume goes on from there, also tomorrow</source>
        <translation>Sichert den Schritt; Fortsetzen macht dort weiter, auch morgen</translation>
    </message>
    <message>
        <source>Begins from</source>
        <translation>Ausgang</translation>
    </message>
    <message>
        <source>Held out</source>
        <translation>Zurückhalten</translation>
    </message>
    <message>
        <source>fold {fold}: {n} exam, {positives} with boxes</source>
        <translation>Gruppe {fold}: {n} Untersuchung, {positives} mit Rahmen</translation>
    </message>
    <message>
        <source>fold {fold}: {n} exams, {positives} with boxes</source>
        <translation>Gruppe {fold}: {n} Untersuchungen, {positives} mit Rahmen</translation>
    </message>
    <message>
        <source>{model} fine-tuned</source>
        <translation>{model} nachtrainiert</translation>
    </message>
    <message>
        <source>There is no model to begin from.</source>
        <translation>Es gibt kein Modell als Ausgang.</translation>
    </message>
    <message>
        <source>Give the new model a name that can be a file&apos;s.</source>
        <translation>Geben Sie dem neuen Modell einen Namen, den eine Datei haben kann.</translation>
    </message>
    <message>
        <source>Train on the reviewed exams in the background</source>
        <translation>Im Hintergrund mit den befundeten Untersuchungen trainieren</translation>
    </message>
    <message>
        <source>Step {step} of {steps}</source>
        <translation>Schritt {step} von {steps}</translation>
    </message>
    <message>
        <source>Course of {figure}</source>
        <translation>Verlauf: {figure}</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Show in the second viewport</source>
        <translation>Im zweiten Bildfenster zeigen</translation>
    </message>
    <message>
        <source>Show in the third viewport</source>
        <translation>Im dritten Bildfenster zeigen</translation>
    </message>
    <message>
        <source>Show in the fourth viewport</source>
        <translation>Im vierten Bildfenster zeigen</translation>
    </message>
    <message>
        <source>Filter by name, id, date, file …</source>
        <translation>Nach Name, ID, Datum, Datei filtern …</translation>
    </message>
    <message>
        <source>Filter the worklist</source>
        <translation>Arbeitsliste filtern</translation>
    </message>
    <message>
        <source>WORKLIST</source>
        <translation>ARBEITSLISTE</translation>
    </message>
    <message>
        <source>{read} of {count} images read</source>
        <translation>{read} von {count} Bildern befundet</translation>
    </message>
    <message>
        <source>{count} files not shown</source>
        <translation>{count} Dateien nicht gezeigt</translation>
    </message>
    <message>
        <source>Study</source>
        <translation>Studie</translation>
    </message>
    <message>
        <source>Patient, study and image</source>
        <translation>Patient, Studie und Bild</translation>
    </message>
    <message>
        <source>Probability of pneumonia by the detector; click to sort for triage</source>
        <translation>Wahrscheinlichkeit einer Pneumonie laut Detektor; ein Klick sortiert zur Triage</translation>
    </message>
    <message>
        <source>Read</source>
        <translation>Gelesen</translation>
    </message>
    <message>
        <source>Findings with a verdict, of those at or above the threshold</source>
        <translation>Befunde mit Urteil, von denen ab dem Schwellenwert</translation>
    </message>
    <message>
        <source>Pneumonia or not, by the reader</source>
        <translation>Pneumonie oder nicht, laut Befunder</translation>
    </message>
    <message>
        <source>Boxes of the ground truth; – where it is unknown</source>
        <translation>Rahmen der Referenz; – wo sie unbekannt ist</translation>
    </message>
    <message>
        <source>Not shown</source>
        <translation>Nicht gezeigt</translation>
    </message>
    <message>
        <source>Not shown ({count})</source>
        <translation>Nicht gezeigt ({count})</translation>
    </message>
    <message>
        <source>no box ≥ {threshold:.2f}</source>
        <translation>kein Rahmen ≥ {threshold:.2f}</translation>
    </message>
    <message>
        <source>1 box, {score:.2f}</source>
        <translation>1 Rahmen, {score:.2f}</translation>
    </message>
    <message>
        <source>{count} boxes, best {score:.2f}</source>
        <translation>{count} Rahmen, bester {score:.2f}</translation>
    </message>
    <message>
        <source>Also in: {path}</source>
        <translation>Auch in: {path}</translation>
    </message>
    <message>
        <source>Reveal the detector&apos;s findings</source>
        <translation>Befunde des Detektors aufdecken</translation>
    </message>
    <message>
        <source>Reveal the ground truth</source>
        <translation>Referenz aufdecken</translation>
    </message>
    <message>
        <source>blinded</source>
        <translation>verblindet</translation>
    </message>
    <message>
        <source>detector revealed</source>
        <translation>Detektor aufgedeckt</translation>
    </message>
    <message>
        <source>all revealed</source>
        <translation>alles aufgedeckt</translation>
    </message>
    <message>
        <source>Reader</source>
        <translation>Befunder</translation>
    </message>
    <message>
        <source>Who reads, and what is revealed of the image; click to change reader</source>
        <translation>Wer befundet und was vom Bild aufgedeckt ist; ein Klick wechselt den Befunder</translation>
    </message>
    <message>
        <source>You read as {reader}, the name of this account. Review → Reader … takes another.</source>
        <translation>Sie befunden als {reader}, dem Namen dieses Kontos. Befundung → Befunder … nimmt einen anderen.</translation>
    </message>
    <message>
        <source>Blinded reading: what the others say waits until all is revealed. Still hidden: {count}.</source>
        <translation>Verblindete Befundung: Was die anderen sagen, wartet, bis alles aufgedeckt ist. Noch verdeckt: {count}.</translation>
    </message>
    <message>
        <source>Agreement takes two readers who have given exam verdicts on the open studies.</source>
        <translation>Übereinstimmung braucht zwei Befunder mit Urteilen zu den offenen Studien.</translation>
    </message>
    <message>
        <source>Reader: {reader}</source>
        <translation>Befunder: {reader}</translation>
    </message>
    <message>
        <source>Name of the reader</source>
        <translation>Name des Befunders</translation>
    </message>
    <message>
        <source>Verdicts are kept for each reader. You see those that you gave, and no one&apos;s else.</source>
        <translation>Urteile werden je Befunder aufbewahrt. Sie sehen Ihre eigenen und keine anderen.</translation>
    </message>
    <message>
        <source>Blinded reading: give your verdict on the exam, then reveal the detector&apos;s findings (Ctrl+Return).</source>
        <translation>Verblindete Befundung: Geben Sie Ihr Urteil zur Untersuchung ab, dann decken Sie die Befunde des Detektors auf (Strg+Return).</translation>
    </message>
    <message>
        <source>The detector has not declined this image.</source>
        <translation>Der Detektor hat diese Aufnahme nicht abgelehnt.</translation>
    </message>
    <message>
        <source>Open a folder of radiographs to begin.</source>
        <translation>Öffnen Sie einen Ordner mit Aufnahmen, um zu beginnen.</translation>
    </message>
    <message>
        <source>The detector could not score this image. {reason}</source>
        <translation>Der Detektor konnte dieses Bild nicht bewerten. {reason}</translation>
    </message>
    <message>
        <source>The detector has not come to this image yet.</source>
        <translation>Der Detektor ist noch nicht bei diesem Bild.</translation>
    </message>
    <message>
        <source>The detector found nothing here.</source>
        <translation>Der Detektor hat hier nichts gefunden.</translation>
    </message>
    <message>
        <source>{count} below the threshold of {threshold:.2f}</source>
        <translation>{count} unter dem Schwellenwert {threshold:.2f}</translation>
    </message>
    <message>
        <source>the same image was given before</source>
        <translation>dasselbe Bild lag schon vor</translation>
    </message>
    <message>
        <source>no ground truth</source>
        <translation>keine Referenz</translation>
    </message>
    <message>
        <source>not read yet</source>
        <translation>noch nicht befundet</translation>
    </message>
    <message>
        <source>not scored yet</source>
        <translation>noch nicht bewertet</translation>
    </message>
    <message>
        <source>its size is unknown</source>
        <translation>seine Größe ist unbekannt</translation>
    </message>
    <message>
        <source>Accept finding {number}</source>
        <translation>Befund {number} annehmen</translation>
    </message>
    <message>
        <source>Reject finding {number}</source>
        <translation>Befund {number} ablehnen</translation>
    </message>
    <message>
        <source>Reset finding {number}</source>
        <translation>Befund {number} zurücksetzen</translation>
    </message>
    <message>
        <source>Correct finding {number}</source>
        <translation>Befund {number} korrigieren</translation>
    </message>
    <message>
        <source>Reset exam</source>
        <translation>Urteil zurücksetzen</translation>
    </message>
    <message>
        <source>Call exam pneumonia</source>
        <translation>Urteil Pneumonie</translation>
    </message>
    <message>
        <source>Call exam no pneumonia</source>
        <translation>Urteil keine Pneumonie</translation>
    </message>
    <message>
        <source>Call exam unsure</source>
        <translation>Urteil unklar</translation>
    </message>
    <message>
        <source>Remove box</source>
        <translation>Rahmen entfernen</translation>
    </message>
    <message>
        <source>Change box</source>
        <translation>Rahmen ändern</translation>
    </message>
    <message>
        <source>Add box</source>
        <translation>Rahmen hinzufügen</translation>
    </message>
    <message>
        <source>Change comment</source>
        <translation>Kommentar ändern</translation>
    </message>
    <message>
        <source>A reader needs a name.</source>
        <translation>Ein Befunder braucht einen Namen.</translation>
    </message>
    <message>
        <source>A reader&apos;s name has at most {count} characters.</source>
        <translation>Der Name eines Befunders hat höchstens {count} Zeichen.</translation>
    </message>
    <message>
        <source>A reader&apos;s name has only characters that can be seen.</source>
        <translation>Der Name eines Befunders hat nur sichtbare Zeichen.</translation>
    </message>
    <message>
        <source>Loaded ground truth</source>
        <translation>Geladene Referenz</translation>
    </message>
    <message>
        <source>a newer release of the application wrote it (version {version}, and this one knows up to {known})</source>
        <translation>eine neuere Fassung des Programms hat sie geschrieben (Version {version}, und diese kennt bis {known})</translation>
    </message>
    <message>
        <source>Use the newer release.</source>
        <translation>Verwenden Sie die neuere Fassung.</translation>
    </message>
    <message>
        <source>Reviews cannot be kept in {path}: {detail}. {advice}</source>
        <translation>Befunde können nicht in {path} aufbewahrt werden: {detail}. {advice}</translation>
    </message>
    <message>
        <source>another program holds it</source>
        <translation>ein anderes Programm hält sie</translation>
    </message>
    <message>
        <source>Close the other program, then try again.</source>
        <translation>Schließen Sie das andere Programm, dann versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>it may not be opened or written</source>
        <translation>sie darf nicht geöffnet oder geschrieben werden</translation>
    </message>
    <message>
        <source>Check that the folder exists and that you may write to it and to the file.</source>
        <translation>Prüfen Sie, ob der Ordner da ist und ob Sie in ihn und in die Datei schreiben dürfen.</translation>
    </message>
    <message>
        <source>the disk is full</source>
        <translation>der Datenträger ist voll</translation>
    </message>
    <message>
        <source>Free some space, then try again.</source>
        <translation>Schaffen Sie Platz, dann versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>the disk reports an error</source>
        <translation>der Datenträger meldet einen Fehler</translation>
    </message>
    <message>
        <source>Check the disk and its connection, then try again.</source>
        <translation>Prüfen Sie den Datenträger und seinen Anschluss, dann versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>the file is damaged, or is no store of reviews</source>
        <translation>die Datei ist beschädigt oder keine Ablage von Befunden</translation>
    </message>
    <message>
        <source>Move it away, put a backup in its place if there is one, then start again.</source>
        <translation>Räumen Sie sie weg, legen Sie eine Sicherung an ihre Stelle, wenn es eine gibt, dann starten Sie neu.</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>Tags</translation>
    </message>
    <message>
        <source>Open an image to see its tags.</source>
        <translation>Öffnen Sie ein Bild, um seine Tags zu sehen.</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Evaluate</source>
        <translation>Auswerten</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Einpassen</translation>
    </message>
    <message>
        <source>Prior</source>
        <translation>Voraufnahme</translation>
    </message>
    <message>
        <source>Region</source>
        <translation>Bereich</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>Rahmen</translation>
    </message>
    <message>
        <source>Heat map</source>
        <translation>Heatmap</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Fine-tuning needs reviewed exams of {fewest} patients, {fewest_positives} of them with a box. There are {patients}, and {positives} of them have one. Review more exams.</source>
        <translation>Nachtrainieren braucht befundete Untersuchungen von {fewest} Patienten, {fewest_positives} davon mit Rahmen. Es gibt {patients}, und {positives} davon haben einen. Befunden Sie mehr Untersuchungen.</translation>
    </message>
    <message>
        <source>Every exam with a box is held out. Hold out another fold, or review more exams.</source>
        <translation>Jede Untersuchung mit Rahmen ist zurückgehalten. Halten Sie eine andere Gruppe zurück oder befunden Sie mehr.</translation>
    </message>
    <message>
        <source>Stopping after this step …</source>
        <translation>Hält nach diesem Schritt an …</translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Startet …</translation>
    </message>
    <message>
        <source>Stopped at step {step}. Resume goes on from there.</source>
        <translation>Bei Schritt {step} angehalten. Fortsetzen macht dort weiter.</translation>
    </message>
    <message>
        <source>Stopped at its first step. Resume goes on from there.</source>
        <translation>Beim ersten Schritt angehalten. Fortsetzen macht dort weiter.</translation>
    </message>
    <message>
        <source>The training process ended unexpectedly at step {step}. Its log ends: {said}</source>
        <translation>Das Training endete bei Schritt {step} unerwartet. Sein Protokoll endet: {said}</translation>
    </message>
    <message>
        <source>The training process ended unexpectedly at its first step. Its log ends: {said}</source>
        <translation>Das Training endete beim ersten Schritt unerwartet. Sein Protokoll endet: {said}</translation>
    </message>
    <message>
        <source>The new weights could not be kept: {problem}</source>
        <translation>Die neuen Gewichte konnten nicht aufbewahrt werden: {problem}</translation>
    </message>
    <message>
        <source>Judging on the held-out exams …</source>
        <translation>Wird an den zurückgehaltenen Untersuchungen beurteilt …</translation>
    </message>
    <message>
        <source>{model} was stopped at step {step} of {steps}.</source>
        <translation>{model} wurde bei Schritt {step} von {steps} angehalten.</translation>
    </message>
    <message>
        <source>Undo: {step}</source>
        <translation>Rückgängig: {step}</translation>
    </message>
    <message>
        <source>Redo: {step}</source>
        <translation>Wiederholen: {step}</translation>
    </message>
    <message>
        <source>Measurement</source>
        <translation>Messung</translation>
    </message>
    <message>
        <source>Detection was stopped. Model → Detect what is left goes on.</source>
        <translation>Die Detektion wurde angehalten. Modell → Restliche Bilder detektieren macht weiter.</translation>
    </message>
    <message>
        <source>An error inside the program; its log says more.</source>
        <translation>Ein Fehler im Programm; sein Protokoll sagt mehr.</translation>
    </message>
    <message>
        <source>There is no file in what was opened. Open another folder.</source>
        <translation>In dem, was geöffnet wurde, ist keine Datei. Öffnen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Ground truth from {file}: {matched} of {images} open images are covered.</source>
        <translation>Referenz aus {file}: {matched} von {images} offenen Bildern sind abgedeckt.</translation>
    </message>
    <message>
        <source>Ground truth from {file}: {boxes} boxes, and {matched} of {images} open images are covered.</source>
        <translation>Referenz aus {file}: {boxes} Rahmen, und {matched} von {images} offenen Bildern sind abgedeckt.</translation>
    </message>
    <message>
        <source>Next panel</source>
        <translation>Nächste Leiste</translation>
    </message>
    <message>
        <source>Previous panel</source>
        <translation>Vorherige Leiste</translation>
    </message>
    <message>
        <source>Lists of exams</source>
        <translation>Listen der Untersuchungen</translation>
    </message>
    <message>
        <source>Stop this task</source>
        <translation>Diese Aufgabe anhalten</translation>
    </message>
    <message>
        <source>{words}: {done} of {total}</source>
        <translation>{words}: {done} von {total}</translation>
    </message>
    <message>
        <source>Writing the training set</source>
        <translation>Der Trainingssatz wird geschrieben</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>Abbildungen</translation>
    </message>
    <message>
        <source>Reading reviews from {files}</source>
        <translation>Befunde aus {files} werden gelesen</translation>
    </message>
    <message>
        <source>Reading ground truth from {files}</source>
        <translation>Referenz aus {files} wird gelesen</translation>
    </message>
    <message>
        <source>Stopped: {words}</source>
        <translation>Angehalten: {words}</translation>
    </message>
    <message>
        <source>Writing a training set to {folder}</source>
        <translation>Ein Trainingssatz wird nach {folder} geschrieben</translation>
    </message>
    <message>
        <source>Stopped before it began.</source>
        <translation>Angehalten, bevor es begann.</translation>
    </message>
    <message>
        <source>{server}: no machine is called {host}. Check the name of the host.</source>
        <translation>{server}: Kein Rechner heißt {host}. Prüfen Sie den Namen des Rechners.</translation>
    </message>
    <message>
        <source>{server}: nothing listens at {address}. Check host and port, and that the server runs.</source>
        <translation>{server}: Unter {address} antwortet niemand. Prüfen Sie Rechner und Port und ob der Server läuft.</translation>
    </message>
    <message>
        <source>{server}: {address} cannot be reached ({why}). Check host, port and network.</source>
        <translation>{server}: {address} ist nicht erreichbar ({why}). Prüfen Sie Rechner, Port und Netz.</translation>
    </message>
    <message>
        <source>{server}: no answer from {address} within {seconds} s. Check host and port, or try again.</source>
        <translation>{server}: Keine Antwort von {address} innerhalb von {seconds} s. Prüfen Sie Rechner und Port oder versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>{server}: the connection to {address} was closed without an answer. Check that the port is the one for this kind of server, and that it asks for no encryption.</source>
        <translation>{server}: Die Verbindung zu {address} wurde ohne Antwort geschlossen. Prüfen Sie, ob der Port zu dieser Art von Server gehört und ob er keine Verschlüsselung verlangt.</translation>
    </message>
    <message>
        <source>{server}: the connection broke off, or no answer came within {seconds} s. Try again.</source>
        <translation>{server}: Die Verbindung brach ab, oder innerhalb von {seconds} s kam keine Antwort. Versuchen Sie es erneut.</translation>
    </message>
    <message>
        <source>{server} is not called {title}. Check the AE title of the server (“called”).</source>
        <translation>{server} heißt nicht {title}. Prüfen Sie den AE-Titel des Servers („called“).</translation>
    </message>
    <message>
        <source>{server} does not know us as {title}. Have this AE title entered there, or change ours.</source>
        <translation>{server} kennt uns nicht als {title}. Lassen Sie diesen AE-Titel dort eintragen oder ändern Sie unseren.</translation>
    </message>
    <message>
        <source>{server} takes no more connections at the moment. Try again later.</source>
        <translation>{server} nimmt im Moment keine weiteren Verbindungen an. Versuchen Sie es später.</translation>
    </message>
    <message>
        <source>{server} rejected the connection. Check both AE titles, and that it admits this machine.</source>
        <translation>{server} hat die Verbindung abgelehnt. Prüfen Sie beide AE-Titel und ob er diesen Rechner zulässt.</translation>
    </message>
    <message>
        <source>{server} does not offer what was asked: {what}. Ask those who run it to permit it.</source>
        <translation>{server} bietet das Gewünschte nicht an: {what}. Bitten Sie die Betreiber, es zu erlauben.</translation>
    </message>
    <message>
        <source>{server} is out of storage or resources. Nothing is lost here; send again when it has room.</source>
        <translation>{server} hat keinen Speicher oder keine Mittel mehr. Hier geht nichts verloren; versuchen Sie es erneut, wenn Platz ist.</translation>
    </message>
    <message>
        <source>{server} could not do it: {why}. Those who run it find more in its log.</source>
        <translation>{server} konnte es nicht tun: {why}. Die Betreiber finden mehr in seinem Protokoll.</translation>
    </message>
    <message>
        <source>{server} gave no image. It may have been deleted there, or its compression is none that is read here.</source>
        <translation>{server} gab kein Bild heraus. Vielleicht wurde es dort gelöscht, oder seine Kompression wird hier nicht gelesen.</translation>
    </message>
    <message>
        <source>{server} answered with something that is no DICOM identifier; left alone.</source>
        <translation>{server} antwortete mit etwas, das keine DICOM-Kennung ist; es bleibt liegen.</translation>
    </message>
    <message>
        <source>{server}: the encrypted connection failed ({why}). Check the address and its certificate.</source>
        <translation>{server}: Die verschlüsselte Verbindung kam nicht zustande ({why}). Prüfen Sie die Adresse und ihr Zertifikat.</translation>
    </message>
    <message>
        <source>{server} asks for a sign-in (HTTP {code}). Ask those who run it to admit this machine.</source>
        <translation>{server} verlangt eine Anmeldung (HTTP {code}). Bitten Sie die Betreiber, diesen Rechner zuzulassen.</translation>
    </message>
    <message>
        <source>{server} knows no such address (HTTP 404). Check the path of its address.</source>
        <translation>{server} kennt diese Adresse nicht (HTTP 404). Prüfen Sie den Pfad der Adresse.</translation>
    </message>
    <message>
        <source>{server} does not answer as DICOMweb does. Check the path of its address.</source>
        <translation>{server} antwortet nicht, wie DICOMweb es tut. Prüfen Sie den Pfad der Adresse.</translation>
    </message>
    <message>
        <source>{file} is not a DICOM file and cannot be sent. Choose SR, GSPS or image files.</source>
        <translation>{file} ist keine DICOM-Datei und kann nicht gesendet werden. Wählen Sie SR-, GSPS- oder Bilddateien.</translation>
    </message>
    <message>
        <source>Retrieving {done} of {total}</source>
        <translation>Abruf {done} von {total}</translation>
    </message>
    <message>
        <source>Stop retrieving</source>
        <translation>Abrufen anhalten</translation>
    </message>
    <message>
        <source>Sending {done} of {total}</source>
        <translation>Senden {done} von {total}</translation>
    </message>
    <message>
        <source>Stop sending</source>
        <translation>Senden anhalten</translation>
    </message>
    <message>
        <source>Retrieving was stopped; nothing more is fetched.</source>
        <translation>Das Abrufen wurde angehalten; es wird nichts mehr geholt.</translation>
    </message>
    <message>
        <source>Sending was stopped; what was sent stays there.</source>
        <translation>Das Senden wurde angehalten; was gesendet ist, bleibt dort.</translation>
    </message>
    <message>
        <source>{server} answers.</source>
        <translation>{server} antwortet.</translation>
    </message>
    <message>
        <source>Asking {server} …</source>
        <translation>{server} wird gefragt …</translation>
    </message>
    <message>
        <source>Searching {server} …</source>
        <translation>{server} wird durchsucht …</translation>
    </message>
    <message>
        <source>Studies are being retrieved already. Wait for the end, or stop it.</source>
        <translation>Es werden schon Studien abgerufen. Warten Sie das Ende ab oder halten Sie es an.</translation>
    </message>
    <message>
        <source>The selected studies hold no radiograph and no report.</source>
        <translation>Die ausgewählten Studien enthalten keine Aufnahme und keinen Bericht.</translation>
    </message>
    <message>
        <source>Retrieved: 1 file.</source>
        <translation>Abgerufen: 1 Datei.</translation>
    </message>
    <message>
        <source>Retrieved: {n} files.</source>
        <translation>Abgerufen: {n} Dateien.</translation>
    </message>
    <message>
        <source>Send to {server}</source>
        <translation>An {server} senden</translation>
    </message>
    <message>
        <source>DICOM (*.dcm);;All files (*)</source>
        <translation>DICOM (*.dcm);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Files are being sent already. Wait for the end, or stop it.</source>
        <translation>Es werden schon Dateien gesendet. Warten Sie das Ende ab oder halten Sie es an.</translation>
    </message>
    <message>
        <source>Sent to {server}: {done} of {all} files.</source>
        <translation>An {server} gesendet: {done} von {all} Dateien.</translation>
    </message>
    <message>
        <source>Failed: {n}, for instance: {problem}</source>
        <translation>Fehlgeschlagen: {n}, zum Beispiel: {problem}</translation>
    </message>
    <message>
        <source>DICOM (DIMSE)</source>
        <translation>DICOM (DIMSE)</translation>
    </message>
    <message>
        <source>DICOMweb</source>
        <translation>DICOMweb</translation>
    </message>
    <message>
        <source>Give the server a name.</source>
        <translation>Geben Sie dem Server einen Namen.</translation>
    </message>
    <message>
        <source>Name its host, or give its address.</source>
        <translation>Nennen Sie seinen Rechner oder dessen Adresse.</translation>
    </message>
    <message>
        <source>AE titles have 1 to 16 characters and no backslash.</source>
        <translation>AE-Titel haben 1 bis 16 Zeichen und keinen umgekehrten Schrägstrich.</translation>
    </message>
    <message>
        <source>The address begins with http:// or https:// and holds no password.</source>
        <translation>Die Adresse beginnt mit http:// oder https:// und enthält kein Passwort.</translation>
    </message>
    <message>
        <source>Add a server</source>
        <translation>Server hinzufügen</translation>
    </message>
    <message>
        <source>Change a server</source>
        <translation>Server ändern</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>Art</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Rechner</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>Its AE title (called)</source>
        <translation>Sein AE-Titel (called)</translation>
    </message>
    <message>
        <source>Our AE title (calling)</source>
        <translation>Unser AE-Titel (calling)</translation>
    </message>
    <message>
        <source>Address (URL)</source>
        <translation>Adresse (URL)</translation>
    </message>
    <message>
        <source>Another server has this name.</source>
        <translation>Ein anderer Server heißt schon so.</translation>
    </message>
</context>
</TS>
