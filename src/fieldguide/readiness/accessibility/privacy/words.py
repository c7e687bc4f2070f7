"""What the name of a column says about its kind, in several European languages.

A name is cut into words (camel case, underscores, digits), accents are dropped, and the longest phrase that is
known decides. Words beside it can take the meaning away: a phone's *type*, *has* e-mail, *number of* cards.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from fieldguide.readiness.accessibility.privacy.kinds import wordlist
from fieldguide.tables.names import fold, words_of

PHRASES: Mapping[str, str] = {
    "email": "email,e mail,mail,mail address,email address,email id,e mail address,mailadresse,email adresse,courriel,"
    "adresse mail,adresse courriel,correo,correo electronico,posta elettronica,epost,e post,epostadress,sahkoposti,"
    "e mailadres,email adress,contact email,user email,work email,home email,primary email,from email,to email",
    "phone": "phone,telephone,tel,mobile,mobile phone,mobile number,cell,cell phone,cellphone,fax,fax number,phone no,"
    "phone number,telephone number,tel no,tel nr,contact number,contact no,msisdn,handy,handynummer,telefon,"
    "telefonnummer,rufnummer,mobil,mobilnummer,mobiltelefon,festnetz,numero de telephone,n de telephone,num tel,portable,telefono,"
    "numero de telefono,movil,celular,telefone,cellulare,telefonnr,telefoon,telefoonnummer,puhelin,puhelinnumero,"
    "nr telefonu,telefonszam,whatsapp,landline,home phone,work phone,mobilephone,phonenumber,caller number",
    "card": "card number,card no,card num,credit card,credit card number,creditcard,cc number,cc num,cc no,ccn,debit card,"
    "debit card number,pan number,payment card,payment card number,kartennummer,kreditkarte,kreditkartennummer,"
    "numero de carte,carte bancaire,carte de credit,numero carte,tarjeta,numero de tarjeta,tarjeta de credito,"
    "carta di credito,numero carta,kortnummer,kreditkort,creditcardnummer,numero do cartao,cartao",
    "card_code": "cvv,cvv2,cvc,cvc2,cid code,csc,card security code,security code,card verification,card verification value,"
    "card code,cc security code,prufziffer karte,cryptogramme",
    "card_expiry": "card expiry,card expiration,card expires,cc expires,cc expiry,cc exp,cc expiration,card exp,expiry date,"
    "card expire,card expiration date,card expiry date,credit card expire,credit card expiry,ccexpires,expiration date,exp date",
    "bank_account": "iban,bank account,bank account number,account number,account no,acct number,acct no,bban,kontonummer,"
    "konto nr,kontonr,compte bancaire,numero de compte,rib,cuenta bancaria,numero de cuenta,conto corrente,bankkonto,"
    "bankrekening,rekeningnummer,nr konta",
    "national_id": "national id,national id number,national identity,national identification,national identification number,"
    "identity number,ssn,social security,social security number,soc sec id,soc sec,social insurance number,"
    "sin number,tax id,taxpayer id,tin,itin,nino,ni number,national insurance number,national insurance,personal number,"
    "personal id,personal identity number,citizen id,civil id,personnummer,personalnummer,fodselsnummer,cpr,cpr nummer,"
    "henkilotunnus,hetu,pesel,cpf,cnp,bsn,burgerservicenummer,aadhaar,aadhar,curp,rut,dni,nie,nif,codice fiscale,"
    "steuer id,steuernummer,steueridentifikationsnummer,sozialversicherungsnummer,svnr,ahv,ahv nummer,avs,insee,nir,"
    "numero de securite sociale,securite sociale,numero ss,rodne cislo,isikukood,asmens kodas,egn,oib,jmbg,emso,rrn,"
    "resident id,id card number,citizenship number,numero de identidad,documento de identidad,cedula,govt id,government id",
    "document": "passport,passport number,passport no,reisepass,passnummer,passeport,pasaporte,passaporto,drivers license,"
    "drivers,driver license,driver licence,driving licence,driving license,drivers license number,"
    "driver license number,fuhrerschein,fuhrerscheinnummer,permis de conduire,licencia de conducir,patente di guida,"
    "korkort,identity card,id card,personalausweis,ausweisnummer,carte d identite,carta d identita,visa number",
    "health_id": "mrn,medical record number,medical record,patient number,insurance number,insurance id,health insurance number,"
    "policy number,nhs number,medicare number,medicare,medicaid number,health card,versichertennummer,krankenversicherungsnummer,"
    "beneficiary number,health id,hicn",
    "ip": "ip,ip address,ipaddress,ip addr,client ip,remote ip,source ip,src ip,ipv4,ipv6,ip adresse,adresse ip,remote addr,last ip",
    "device": "mac,mac address,mac addr,imei,imsi,udid,idfa,gaid,advertising id,android id,device id,device identifier,"
    "device serial,device fingerprint",
    "name": "first name,firstname,given name,givenname,forename,fname,first,last name,lastname,surname,lname,family name,"
    "familyname,last,full name,fullname,middle name,middlename,middle initial,maiden name,maiden,mothers maiden,"
    "mothers maiden name,mother name,father name,person name,persons name,customer name,client name,patient name,employee name,"
    "user full name,contact name,contact person,student name,member name,passenger name,guest name,player name,account holder,"
    "card holder,cardholder,cardholder name,card holder name,holder name,recipient name,beneficiary name,applicant name,owner name,"
    "name on card,billing name,shipping name,spouse name,display name,nickname,nick name,preferred name,legal name,birth name,"
    "vorname,nachname,familienname,zuname,geburtsname,vollstandiger name,kundenname,ansprechpartner,prenom,nom de famille,"
    "nom complet,nom de naissance,nombre completo,nombre de pila,apellido,apellidos,primer apellido,segundo apellido,"
    "nome completo,cognome,sobrenome,apelido,fornamn,efternamn,fornavn,etternavn,efternavn,voornaam,achternaam,tussenvoegsel,"
    "etunimi,sukunimi,imie,nazwisko,jmeno,prijmeni,keresztnev,vezeteknev,prezime,prenume,customer first name,customer last name,"
    "doctor name,physician name,teacher name,driver name,manager name,author name,signatory,emergency contact,next of kin",
    "birth_date": "birth date,birthdate,birth day,birthday,date of birth,dob,d o b,born,born on,birth,dateofbirth,geburtsdatum,"
    "geburtstag,geb datum,gebdatum,geboren,date de naissance,date naissance,naissance,fecha de nacimiento,fecha nacimiento,"
    "nacimiento,data di nascita,data nascita,nascita,data de nascimento,nascimento,fodelsedatum,fodselsdato,geboortedatum,"
    "syntymaaika,syntymapaiva,data urodzenia,datum narozeni,szuletesi datum,user birthday,birth dt,birth date time",
    "death_date": "death date,deathdate,date of death,dod,deceased on,died on,sterbedatum,todesdatum,date de deces,fecha de defuncion",
    "password": "password,passwd,pwd,pass word,passphrase,password hash,hashed password,passwort,kennwort,mot de passe,mdp,"
    "contrasena,clave de acceso,parola d ordine,losenord,wachtwoord,salasana,haslo,heslo,senha,pin code,pincode pin,user password",
    "secret": "secret,api key,apikey,access token,auth token,refresh token,bearer token,private key,secret key,session token,"
    "session key,client secret,security answer,security question answer,otp secret,cookie,jwt,oauth token",
    "username": "username,user name,userid name,login,login name,user login,screen name,screenname,handle,benutzername,nutzername,"
    "anmeldename,nom d utilisateur,identifiant,pseudo,usuario,nombre de usuario,nome utente,anvandarnamn,brukernavn,gebruikersnaam,"
    "kayttajatunnus,skype,twitter,twitter handle,github,instagram,facebook,linkedin,telegram,discord",
    "vehicle": "license plate,licence plate,number plate,plate number,vin,vehicle identification number,chassis number,"
    "kennzeichen,kfz kennzeichen,autokennzeichen,fahrgestellnummer,plaque d immatriculation,immatriculation,matricula,targa,"
    "registreringsnummer,kenteken,vehicle registration,registration plate,vehicle registration number,vrn",
    "street": "street,street address,street name,address,address1,address 1,address2,address 2,addr,address line,address line 1,"
    "address line 2,home address,postal address,mailing address,billing address,shipping address,delivery address,"
    "residential address,full address,strasse,strase,str,anschrift,adresse,rue,adresse postale,direccion,calle,domicilio,indirizzo,"
    "via,endereco,rua,adress,gatuadress,gata,straat,adres,osoite,katuosoite,ulica,ulice,cim,"
    "customer address,patient address,street1,street2,streetaddress,po box,apartment,address3,address 3",
    "house_number": "house number,hausnummer,hausnr,street number,street no,huisnummer,husnummer,numero civico,numero de rue",
    "postal_code": "zip,zip code,zipcode,zip5,zip4,postal code,postalcode,postcode,post code,plz,postleitzahl,code postal,cp,"
    "codigo postal,cap,cep,postnummer,postnr,postinumero,kod pocztowy,psc,iranyitoszam,eircode,pin code,zip postal code",
    "town": "city,town,suburb,village,municipality,county,county name,stadt,ort,wohnort,gemeinde,ville,commune,ciudad,localidad,poblacion,"
    "citta,comune,cidade,stad,kommun,kommune,woonplaats,plaats,kaupunki,miasto,mesto,city name,home city,birthplace,birth place,"
    "place of birth,geburtsort,lieu de naissance,lugar de nacimiento,luogo di nascita,neighborhood,neighbourhood,residence",
    "latitude": "lat,latitude,breitengrad,latitud,latitudine,geo lat,pickup latitude,dropoff latitude,y coordinate",
    "longitude": "lon,lng,long,longitude,langengrad,longitud,longitudine,geo lon,geo lng,pickup longitude,dropoff longitude,x coordinate",
    "coordinates": "coordinates,coords,lat lon,latlon,lat lng,latlng,lat long,gps,gps coordinates,geolocation,geo location,koordinaten,"
    "coordonnees gps,coordenadas,geopoint",
    "gender": "gender,sex,geschlecht,sexe,genre,sexo,genero,sesso,genere,kon,kjonn,geslacht,sukupuoli,plec,pohlavi",
    "age": "age,age years,age group,alter,alter jahre,edad,eta,alder,leeftijd,ika,wiek,age at,customer age,patient age,age band,age range",
    "birth_year": "birth year,year of birth,yob,year birth,geburtsjahr,annee de naissance,ano de nacimiento,anno di nascita,fodelsear",
    "title": "title,salutation,honorific,prefix,name prefix,anrede,civilite,tratamiento,tilltal",
    "marital": "marital,marital status,civil status,familienstand,etat civil,situation familiale,estado civil,stato civile,civilstand,"
    "burgerlijke staat,married,relationship",
    "family": "children,number of children,num children,n children,dependents,household size,kinder,enfants,hijos,figli,household,"
    "family size,siblings",
    "origin": "race,ethnicity,ethnic group,ethnic,ethnic origin,skin color,ethnie,raza,etnia",
    "religion": "religion,faith,konfession,confession,religione,glaube,denomination",
    "nationality": "nationality,citizenship,native country,country of birth,birth country,nationalitat,staatsangehorigkeit,nationalite,"
    "nacionalidad,nazionalita,nationalitet,nationaliteit,place of origin,country of origin",
    "occupation": "occupation,job,job title,profession,beruf,position title,metier,ocupacion,profesion,professione,yrke,beroep,ammatti,"
    "zawod,workclass,role title,employment",
    "employer": "employer,company,company name,employer name,arbeitgeber,firma,employeur,entreprise,societe,empresa,azienda,arbetsgivare,"
    "werkgever,workplace,organization,organisation",
    "education": "education,education level,degree,schooling,bildung,schulabschluss,formation,diplome,educacion,estudios,istruzione,"
    "utbildning,opleiding,koulutus,school name,highest degree",
    "income": "income,salary,annual income,wage,gehalt,einkommen,revenu,salaire,ingresos,salario,reddito,stipendio,inkomst,inkomen,"
    "household income,annual salary,earnings",
    "region": "state,province,region,bundesland,kanton,canton,departement,provincia,comunidad,regione,lan,landsdel,provincie,state full,"
    "state name,state code,state province,prefecture,territory",
    "country": "country,country code,country name,country full,land,pays,pais,paese,maa,kraj,zeme,orszag,home country",
}  # fmt: skip
"""Kind -> phrases of column names. "latitude" and "longitude" together make coordinates."""

_BARE_NAMES = "name,names,nom,nombre,nome,namn,navn,naam,nimi,nazwa,nazev,nev,naziv,author,actor,director,driver,passenger,patient," \
    "customer,employee,person,people,player,student,teacher,doctor,physician,manager,contact,owner,host name,guest,candidate," \
    "artist,sender,recipient,reviewer,reporter,assignee,officer,victim,suspect,witness,buyer,seller,agent,member,client,kunde,first,last,ime," \
    "mother,father,spouse,wife,husband,winner,user,host,nickname,display name,emergency contact,legal name,account holder,born name"  # fmt: skip

_TAKES_AWAY = wordlist(
    "type types kind count counts flag status verified valid validated optin opt opted length len score rank set sets format provider "
    "network brand issuer domain category class group validity source method quality changed updated bounced sent opened clicks clicked "
    "is has had n nr num cnt avg mean sum pct percent percentage share rate ratio days hours minutes seconds cost price fee amount total "
    "delta diff distance per allowed enabled required missing present available error errors reset attempts policy version level strength "
    "typ anzahl quote art area centroid center limit balance size change age expires expiry risk plan usage calls call minute "
    "median average volume traffic offered campaign requests request wind"
)
"""Words beside a phrase that take its meaning away."""
_UNLESS = {
    "nr": {"phone", "bank_account", "card", "national_id", "document"},
    "num": {"phone", "bank_account", "card", "national_id", "document"},
    "n": {"family"}, "total": {"income"}, "set": set(), "group": {"age", "origin"}, "class": {"occupation"},
    "call": {"phone"}, "source": {"ip", "phone"}, "level": {"education", "income"}, "total income": {"income"},
    "center": {"street"}, "plan": set(), "age": set(), "status": {"marital", "occupation"}, "size": {"family"},
}  # fmt: skip

_NOT_A_PERSON = wordlist(
    "product company hospital school college university file city county state country measure team airport airline brand song movie film "
    "column table station street host domain event category class item model region store shop restaurant organization organisation "
    "business department dept campaign process game book album track ship vessel device server database project field feature variable "
    "dish species plant animal drug medicine disease gene protein vendor supplier brewery beer wine hotel park station line route "
    "district province area zone site facility provider institution agency bank fund stock security sector industry program course "
    "module package function metric test study trial sensor machine part recipe ingredient color colour layer map club league venue "
    "stadium county borough neighborhood neighbourhood property building street road river lake mountain island planet star "
    "set location condition measurement franchise cuisine firma produkt ort stadt land strasse artikel datei"
)
"""Words beside "name" that say whose name it is, where that is no person."""

LONGEST = 6
"""Words of a name beyond which it is a sentence: the question of a survey."""
_SHORT = wordlist("ssn dob cvv cvc zip plz tel ip vin pwd fax lat lng sex age dni cpf")
"""Phrases of two or three letters that mean the same beside other words; the rest must be the whole name."""
_BESIDE = wordlist(
    "user customer cust client patient person employee the my home main primary work own c u p"
)
"""Words that leave the meaning as it is."""


def kinds_named(name: str) -> tuple[str, ...]:
    """Return the kinds that a column's name speaks of, the likeliest first; mostly one or none.

    >>> kinds_named("EmailAddress"), kinds_named("phone_type"), kinds_named("CVV2"), kinds_named("HospitalName")
    (('email',), (), ('card_code',), ())
    >>> kinds_named("Geburtsdatum"), kinds_named("numéro de téléphone"), kinds_named("TelephoneCountryCode")
    (('birth_date',), ('phone',), ())
    >>> kinds_named("Please state whether you have seen any of these")
    ()
    """
    words = words_of(name)
    if not words or words[-1] == "at" or len(words) > LONGEST:
        return ()
    found: list[tuple[int, int, str]] = []
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 6) + 1):
            phrase = "".join(words[start:end])
            whole = not {w for w in (*words[:start], *words[end:]) if not w.isdigit()} - _BESIDE
            if whole or len(phrase) > 3 or phrase in _SHORT:
                found += [(len(phrase), start, kind) for kind in _PHRASES.get(phrase, ())]
    if not found:
        return ()
    longest = max(length for length, _, _ in found)
    # of phrases of about the same length the last is the noun: "user email" is an e-mail address
    best = [(start, kind) for length, start, kind in found if length == longest]
    kinds = []
    for start, kind in sorted(best, reverse=True):
        rest = _rest(words, start, longest)
        if _taken_away(kind, rest, words):
            continue
        if kind not in kinds:
            kinds.append(kind)
    return tuple(kinds)


def may_name_persons(name: str) -> bool:
    """Return whether a column's name leaves open that it holds names of persons ("name", "author", "owner").

    >>> may_name_persons("Name"), may_name_persons("author"), may_name_persons("ProductName")
    (True, True, False)
    """
    words = words_of(name)
    return any(word in _BARE for word in words) and not any(word in _NOT_A_PERSON for word in words)


def of_something_else(name: str) -> bool:
    """Return whether a column's name says that it is about a thing, a place or an organization.

    >>> of_something_else("CountyName"), of_something_else("surname")
    (True, False)
    """
    return any(word in _NOT_A_PERSON for word in words_of(name))


_PERSON = wordlist(
    "customer user patient employee member passenger person client student visitor subscriber rider donor respondent participant "
    "applicant citizen voter tenant resident guest borrower kunde kunden mitarbeiter nutzer patienten usager salarie utilisateur cliente "
    "usuario empleado paciente utente dipendente kund anvandare klant medewerker asiakas potilas consumer cardholder policyholder "
    "child parent pupil prisoner inmate victim offender"
)


def about_persons(name: str) -> bool:
    """Return whether a column numbers persons: "customer_id", "PatientNo", "visitor".

    >>> about_persons("customer_id"), about_persons("customer_count"), about_persons("order_id")
    (True, False, False)
    """
    words = words_of(name)
    rest = [word for word in words if word not in _PERSON]
    return len(rest) < len(words) and set(rest) <= {
        "id",
        "no",
        "nr",
        "number",
        "key",
        "code",
        "uuid",
        "hash",
        "pseudonym",
    }


def _rest(words: tuple[str, ...], start: int, length: int) -> set[str]:
    """Return the words beside the phrase that begins at a word and has so many letters."""
    end, seen = start, 0
    while end < len(words) and seen < length:
        seen += len(words[end])
        end += 1
    return {*words[:start], *words[end:]}


def _taken_away(kind: str, rest: set[str], words: tuple[str, ...]) -> bool:
    if any(word in _TAKES_AWAY and kind not in _UNLESS.get(word, ()) for word in rest):
        return True
    if (kind == "phone" and "country" in rest) or (
        kind == "country" and rest & {"phone", "telephone", "tel", "dial", "calling"}
    ):
        return True
    if (
        kind == "title"
        and len(words) > 1
        and rest & {"job", "movie", "book", "song", "page", "film", "article", "post", "course"}
    ):
        return True
    if kind == "name":
        alone = not {"first", "last", "maiden"} & {"".join(word for word in words if word not in rest)}
        return bool(rest & _NOT_A_PERSON) or not (alone or rest <= _BESIDE)
    return False


@cache
def _phrases() -> Mapping[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for kind, phrases in PHRASES.items():
        for phrase in phrases.split(","):
            key = fold(phrase).replace(" ", "")
            if kind not in table.get(key, ()):
                table[key] = (*table.get(key, ()), kind)
    return table


_PHRASES = _phrases()
_BARE = frozenset(word for phrase in _BARE_NAMES.split(",") for word in [phrase.replace(" ", "")])
